import { generic } from './generic.ts';
import type { Profile } from './profile.ts';

export const nomulus: Profile = {
  ...generic,
  name: 'nomulus',
  title: 'Google Registry (Nomulus)',
  features: ['launch-1.0', 'rgp-1.0', 'secDNS-1.1', 'fee-1.0', 'fee-0.12'],
  maxCheckNames: 50,
  keepalive: 'poll',
};
