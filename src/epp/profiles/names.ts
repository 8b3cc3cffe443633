/** The dialects that `EppRegistry.spec.profile` can name. Their data stand beside this file. */
export const PROFILE_NAMES = [
  'generic',
  'verisign',
  'cnnic',
  'nomulus',
  'centralnic',
  'identity-digital',
  'pir',
  'nominet',
  'norid',
  'co',
  'sidn',
  'dns-belgium',
  'fred',
  'lv',
  'cira',
  'dk',
  'ee',
  'au',
] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/** The services beyond domain, host and contact that a login can ask for; features.ts has the URIs of each. */
export const FEATURE_NAMES = [
  'secDNS-1.1',
  'rgp-1.0',
  'fee-0.6',
  'fee-0.11',
  'fee-0.12',
  'fee-0.21',
  'fee-1.0',
  'launch-1.0',
  'idn-1.0',
  'allocationToken-1.0',
  'changePoll-1.0',
  'loginSec-1.0',
  'secureAuthInfo-1.0',
  'unhandledNamespaces-1.0',
  'maintenance-1.0',
  'ttl-1.0',
  'addlEmail-1.0',
  'verificationCode-1.0',
  'namestoreExt-1.1',
  'sync-1.0',
  'whoisInf-1.0',
  'idnLang-1.0',
  'coa-1.0',
  'rgp-poll-1.0',
  'lowbalance-poll-1.0',
  'balance-1.0',
  'cdn-1.0',
  'cnnic-contact-1.0',
  'cnnic-domain-1.0',
  'cnnic-host-1.0',
  'charge-1.0',
  'finance-1.1',
] as const;
export type FeatureName = (typeof FEATURE_NAMES)[number];

/** How a silent session can be kept alive. A poll proves that the login still holds; a hello may not. */
export const KEEPALIVES = ['hello', 'poll'] as const;
export type Keepalive = (typeof KEEPALIVES)[number];
