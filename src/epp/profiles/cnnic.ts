import { generic } from './generic.ts';
import type { Profile } from './profile.ts';

export const cnnic: Profile = {
  ...generic,
  name: 'cnnic',
  title: 'CNNIC .cn',
  features: ['secDNS-1.1', 'cdn-1.0', 'cnnic-contact-1.0', 'cnnic-domain-1.0', 'cnnic-host-1.0'],
  maxCheckNames: 1,
  keepalive: 'poll',
};
