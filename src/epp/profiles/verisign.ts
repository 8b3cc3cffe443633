import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../namespaces.ts';
import type { Profile } from './profile.ts';

/**
 * Verisign .com, .net and NameStore. The URIs are those of Verisign's published mappings and of its greetings, which list
 * the two poll mappings among the objects. Its EPP guide ends a session that is silent for about 10 minutes and asks for a
 * hello before. How many names a check may have is told to registrars only: 20 is cautious; set yours in the account.
 */
export const verisign: Profile = {
  name: 'verisign',
  objectURIs: [
    DOMAIN_URI,
    HOST_URI,
    CONTACT_URI,
    'http://www.verisign.com/epp/lowbalance-poll-1.0',
    'http://www.verisign.com/epp/rgp-poll-1.0',
  ],
  extensionURIs: [
    'http://www.verisign-grs.com/epp/namestoreExt-1.1',
    'urn:ietf:params:xml:ns:secDNS-1.1',
    'urn:ietf:params:xml:ns:rgp-1.0',
    'http://www.verisign.com/epp/sync-1.0',
    'http://www.verisign.com/epp/idnLang-1.0',
    'http://www.verisign.com/epp/whoisInf-1.0',
    'urn:ietf:params:xml:ns:coa-1.0',
  ],
  maxCheckNames: 20,
  maxFrameBytes: 10 * 1024 * 1024,
  keepalive: 'hello',
};
