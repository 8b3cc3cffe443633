import { generic } from './generic.ts';
import type { Profile } from './profile.ts';

/** How many names a check may have is told to registrars alone: 20 is cautious. */
export const verisign: Profile = {
  ...generic,
  name: 'verisign',
  title: 'Verisign: .com, .net and NameStore',
  features: [
    'namestoreExt-1.1',
    'secDNS-1.1',
    'rgp-1.0',
    'sync-1.0',
    'idnLang-1.0',
    'whoisInf-1.0',
    'coa-1.0',
    'launch-1.0',
    'changePoll-1.0',
    'verificationCode-1.0',
    'loginSec-1.0',
    'rgp-poll-1.0',
    'lowbalance-poll-1.0',
    'balance-1.0',
  ],
  maxCheckNames: 20,
  keepalive: 'hello',
  oneZonePerCheck: true,
  namestoreSubProduct: true,
  suggested: { idleTimeoutSeconds: 600, maxAgeSeconds: 82_800 },
  sources: {
    features:
      'greetings of "VeriSign Com/Net EPP Registration Server" (2018) and of NameStore (2015); logins of registrars (2024) for loginSec-1.0',
    keepalive: "Verisign's EPP guide: hello after 8 minutes of silence",
    oneZonePerCheck: 'Verisign, Namestore Extension Mapping: one subProduct a command',
    namestoreSubProduct:
      'Verisign, Namestore Extension Mapping; forms of the product: Net::DRI, VeriSign/NameStore.pm',
    idleTimeoutSeconds: "Verisign's EPP guide: about 10 minutes",
    maxAgeSeconds: "Verisign's EPP guide: sessions end after about 24 hours",
  },
};
