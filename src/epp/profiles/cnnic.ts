import { generic } from './generic.ts';
import type { Profile } from './profile.ts';

/** Whether a hello is answered without a live login is not told; a poll never is. */
export const cnnic: Profile = {
  ...generic,
  name: 'cnnic',
  title: 'CNNIC: .cn and .中国',
  features: ['secDNS-1.1', 'rgp-1.0', 'cdn-1.0', 'cnnic-contact-1.0', 'cnnic-domain-1.0', 'cnnic-host-1.0'],
  maxCheckNames: 1,
  keepalive: 'poll',
  coalesceChecks: false,
  sources: {
    features: 'Net::DRI, CNNIC.pm and its tests; CNNIC, IDN EPP Extension (cdn-1.0)',
    maxCheckNames: 'registrars of .cn run it so',
    coalesceChecks: 'one name a check leaves nothing to put together',
  },
};
