import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../namespaces.ts';
import type { Profile } from './profile.ts';

/**
 * Verisign .com, .net and NameStore. URIs: the schemas that Verisign publishes with its EPP SDK
 * (http://www.verisign.com/epp/…, http://www.verisign-grs.com/epp/namestoreExt-1.1). Their EPP guides keep a silent session
 * alive by hello every 8 minutes. How many names a check takes is not published: 20 is under what their SDK's tools send.
 */
export const verisign: Profile = {
  name: 'verisign',
  objectURIs: [DOMAIN_URI, HOST_URI, CONTACT_URI],
  extensionURIs: [
    'http://www.verisign-grs.com/epp/namestoreExt-1.1',
    'urn:ietf:params:xml:ns:secDNS-1.1',
    'urn:ietf:params:xml:ns:rgp-1.0',
    'http://www.verisign.com/epp/rgp-poll-1.0',
    'http://www.verisign.com/epp/lowbalance-poll-1.0',
    'http://www.verisign.com/epp/sync-1.0',
    'http://www.verisign.com/epp/idnLang-1.0',
    'http://www.verisign.com/epp/whoisInf-1.0',
    'urn:ietf:params:xml:ns:coa-1.0',
  ],
  maxCheckNames: 20,
  maxFrameBytes: 10 * 1024 * 1024,
  keepalive: 'hello',
};
