import { BALANCE_URI, FINANCE_URI, MAINTENANCE_URI } from '../namespaces.ts';
import { FEATURE_NAMES, type FeatureName } from './names.ts';
import type { Profile } from './profile.ts';

/** The services of each feature. Whether one is an object or an extension is what a greeting says: registries differ in it. */
export const FEATURES: Readonly<Record<FeatureName, readonly string[]>> = {
  'secDNS-1.1': ['urn:ietf:params:xml:ns:secDNS-1.1'], // RFC 5910
  'rgp-1.0': ['urn:ietf:params:xml:ns:rgp-1.0'], // RFC 3915
  'fee-0.6': ['urn:ietf:params:xml:ns:fee-0.6'], // draft-brown-epp-fees
  'fee-0.11': ['urn:ietf:params:xml:ns:fee-0.11'], // draft-ietf-regext-epp-fees
  'fee-0.12': ['urn:ietf:params:xml:ns:fee-0.12'],
  'fee-0.21': ['urn:ietf:params:xml:ns:fee-0.21'],
  'fee-1.0': ['urn:ietf:params:xml:ns:epp:fee-1.0'], // RFC 8748
  'launch-1.0': ['urn:ietf:params:xml:ns:launch-1.0'], // RFC 8334
  'idn-1.0': ['urn:ietf:params:xml:ns:idn-1.0'], // draft-ietf-eppext-idnmap
  'allocationToken-1.0': ['urn:ietf:params:xml:ns:allocationToken-1.0'], // RFC 8495
  'changePoll-1.0': ['urn:ietf:params:xml:ns:changePoll-1.0'], // RFC 8590
  'loginSec-1.0': ['urn:ietf:params:xml:ns:epp:loginSec-1.0'], // RFC 8807
  'secureAuthInfo-1.0': ['urn:ietf:params:xml:ns:epp:secure-authinfo-transfer-1.0'], // RFC 9154
  'unhandledNamespaces-1.0': ['urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0'], // RFC 9038
  'maintenance-1.0': [MAINTENANCE_URI], // RFC 9167
  'ttl-1.0': ['urn:ietf:params:xml:ns:epp:ttl-1.0'], // RFC 9803
  'addlEmail-1.0': ['urn:ietf:params:xml:ns:epp:addlEmail-1.0'], // RFC 9873
  'verificationCode-1.0': ['urn:ietf:params:xml:ns:verificationCode-1.0'], // draft-ietf-regext-verificationcode
  'namestoreExt-1.1': ['http://www.verisign-grs.com/epp/namestoreExt-1.1'],
  'sync-1.0': ['http://www.verisign.com/epp/sync-1.0'],
  'whoisInf-1.0': ['http://www.verisign.com/epp/whoisInf-1.0'],
  'idnLang-1.0': ['http://www.verisign.com/epp/idnLang-1.0'],
  'coa-1.0': ['urn:ietf:params:xml:ns:coa-1.0'],
  'rgp-poll-1.0': ['http://www.verisign.com/epp/rgp-poll-1.0'],
  'lowbalance-poll-1.0': ['http://www.verisign.com/epp/lowbalance-poll-1.0'],
  'balance-1.0': [BALANCE_URI],
  'cdn-1.0': ['urn:ietf:params:xml:ns:cdn-1.0'], // draft-kong-epp-cdn-mapping
  'cnnic-contact-1.0': ['urn:ietf:params:xml:ns:cnnic-contact-1.0'],
  'cnnic-domain-1.0': ['urn:ietf:params:xml:ns:cnnic-domain-1.0'],
  'cnnic-host-1.0': ['urn:ietf:params:xml:ns:cnnic-host-1.0'],
  'charge-1.0': ['http://www.unitedtld.com/epp/charge-1.0'],
  'finance-1.1': [FINANCE_URI],
};

/** Every service that a login with this profile asks for, where the greeting has it. Each stands once. */
export function servicesOf(profile: Pick<Profile, 'features' | 'objectURIs' | 'extensionURIs'>): string[] {
  const ofFeatures = profile.features.flatMap((feature) => FEATURES[feature]);
  return [...new Set([...profile.objectURIs, ...ofFeatures, ...profile.extensionURIs])];
}

/** Throws RangeError on names that are no features. */
export function checkFeatures(names: readonly string[]): void {
  const unknown = names.filter((name) => !Object.hasOwn(FEATURES, name));
  if (unknown.length === 0) return;
  const quoted = unknown.map((name) => `"${name}"`).join(', ');
  throw new RangeError(`there is no feature ${quoted}; choose of ${FEATURE_NAMES.join(', ')}`);
}
