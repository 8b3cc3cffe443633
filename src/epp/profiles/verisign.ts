import { generic } from './generic.ts';
import type { Profile } from './profile.ts';

export const verisign: Profile = {
  ...generic,
  name: 'verisign',
  title: 'Verisign .com, .net and NameStore',
  features: [
    'namestoreExt-1.1',
    'secDNS-1.1',
    'rgp-1.0',
    'sync-1.0',
    'idnLang-1.0',
    'whoisInf-1.0',
    'coa-1.0',
    'rgp-poll-1.0',
    'lowbalance-poll-1.0',
  ],
  maxCheckNames: 20,
  oneZonePerCheck: true,
  namestoreSubProduct: true,
};
