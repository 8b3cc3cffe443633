import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../namespaces.ts';
import type { Profile } from './profile.ts';

/**
 * Nomulus, the registry behind Google Registry's TLDs (github.com/google/nomulus). 50 names a check
 * (`maxChecks` in its configuration), else 2306; frames up to 10 MiB in proxy/…/default-config.yaml. contact-1.0 went out of
 * its greeting in 2026: crossing with the greeting leaves it out by itself. Fee and claims checks do not go together.
 */
export const nomulus: Profile = {
  name: 'nomulus',
  objectURIs: [DOMAIN_URI, HOST_URI, CONTACT_URI],
  extensionURIs: [
    'urn:ietf:params:xml:ns:launch-1.0',
    'urn:ietf:params:xml:ns:rgp-1.0',
    'urn:ietf:params:xml:ns:secDNS-1.1',
    'urn:ietf:params:xml:ns:epp:fee-1.0',
    'urn:ietf:params:xml:ns:fee-0.6',
  ],
  maxCheckNames: 50,
  maxFrameBytes: 10 * 1024 * 1024,
  keepalive: 'poll',
};
