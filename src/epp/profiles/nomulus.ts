import { CONTACT_URI, DOMAIN_URI, HOST_URI } from '../namespaces.ts';
import type { Profile } from './profile.ts';

/**
 * Nomulus, the registry behind Google Registry's TLDs (github.com/google/nomulus). URIs: its ProtocolDefinition, where fee-1.0
 * is offered outside production only, so far. 50 names a check: RegistryConfig's `maxChecks`; more is answered 2306. contact-1.0
 * went out of its greeting in 2026 and is left out by crossing. A fee check and a claims check do not go into one command.
 */
export const nomulus: Profile = {
  name: 'nomulus',
  objectURIs: [DOMAIN_URI, HOST_URI, CONTACT_URI],
  extensionURIs: [
    'urn:ietf:params:xml:ns:launch-1.0',
    'urn:ietf:params:xml:ns:rgp-1.0',
    'urn:ietf:params:xml:ns:secDNS-1.1',
    'urn:ietf:params:xml:ns:epp:fee-1.0',
    'urn:ietf:params:xml:ns:fee-0.12',
  ],
  maxCheckNames: 50,
  maxFrameBytes: 10 * 1024 * 1024,
  keepalive: 'poll',
};
