import { generic } from './generic.ts';
import type { Profile } from './profile.ts';

/** The software behind Google Registry's TLDs. contact-1.0 went out of its greeting in 2026 and is left out by crossing. */
export const nomulus: Profile = {
  ...generic,
  name: 'nomulus',
  title: 'Google Registry (Nomulus)',
  features: ['launch-1.0', 'rgp-1.0', 'secDNS-1.1', 'fee-1.0', 'fee-0.12', 'fee-0.11', 'fee-0.6'],
  maxCheckNames: 50,
  keepalive: 'poll',
  suggested: { sessionLimit: 100, idleTimeoutSeconds: 3600 },
  caveat: 'A fee check and a claims check cannot stand in one command.',
  sources: {
    features:
      'github.com/google/nomulus, ProtocolDefinition: fee-1.0 is offered outside production, the others in it, so far',
    maxCheckNames: 'github.com/google/nomulus, maxChecks of RegistryConfig; more is answered 2306',
    sessionLimit: 'github.com/google/nomulus, default-config.yaml of the proxy: for each certificate',
    idleTimeoutSeconds: 'github.com/google/nomulus, default-config.yaml of the proxy',
  },
};
