import { generic } from './generic.ts';
import type { Profile } from './profile.ts';

/** Where it is not told which version of fee a registry has: whichever the greeting offers. */
const ANY_FEE = ['fee-1.0', 'fee-0.21', 'fee-0.12', 'fee-0.11', 'fee-0.6'] as const;

export const centralnic: Profile = {
  ...generic,
  name: 'centralnic',
  title: 'CentralNic Registry',
  features: ['secDNS-1.1', 'rgp-1.0', 'launch-1.0', 'idn-1.0', ...ANY_FEE, 'ttl-1.0', 'balance-1.0'],
  extensionURIs: [
    'urn:ietf:params:xml:ns:fee-0.5',
    'urn:ietf:params:xml:ns:auxcontact-0.1',
    'urn:ietf:params:xml:ns:regtype-0.1',
    'urn:ietf:params:xml:ns:artRecord-0.2',
  ],
  sources: {
    features: "Net::DRI, CentralNic.pm; IO::EPP (CPAN), CNic; CentralNic's list of its extensions",
    extensionURIs: 'greeting of EPP.CENTRALNIC.COM in IO::EPP (CPAN)',
  },
};

export const identityDigital: Profile = {
  ...generic,
  name: 'identity-digital',
  title: 'Identity Digital (Donuts)',
  features: ['secDNS-1.1', 'rgp-1.0', 'launch-1.0', 'idn-1.0', ...ANY_FEE, 'charge-1.0', 'finance-1.1'],
  objectURIs: [...generic.objectURIs, 'http://www.unitedtld.com/epp/finance-1.0'],
  extensionURIs: ['urn:X-ar:params:xml:ns:kv-1.1'],
  sources: {
    features: "Net::DRI, Donuts.pm; Identity Digital's mappings in the IANA registry of EPP extensions",
    objectURIs: 'Net::DRI, UnitedTLD/Finance.pm: the finance mapping before 1.1, raw',
    extensionURIs: 'Net::DRI, Donuts.pm',
  },
};

export const pir: Profile = {
  ...identityDigital,
  name: 'pir',
  title: 'Public Interest Registry: .org',
  sources: {
    ...identityDigital.sources,
    features: "the registry runs on Identity Digital's platform (Net::DRI, Donuts/PIR.pm)",
  },
};
