import { au, cira, co, dk, dnsBelgium, ee, fred, lv, nominet, norid, sidn } from './cctlds.ts';
import { cnnic } from './cnnic.ts';
import type { Dialect } from './dialect.ts';
import { checkFeatures } from './features.ts';
import { generic } from './generic.ts';
import { centralnic, identityDigital, pir } from './gtlds.ts';
import { PROFILE_NAMES, type ProfileName } from './names.ts';
import { nomulus } from './nomulus.ts';
import type { Profile } from './profile.ts';
import { verisign } from './verisign.ts';

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  generic,
  verisign,
  cnnic,
  nomulus,
  centralnic,
  'identity-digital': identityDigital,
  pir,
  nominet,
  norid,
  co,
  sidn,
  'dns-belgium': dnsBelgium,
  fred,
  lv,
  cira,
  dk,
  ee,
  au,
};

/**
 * The profile of that name, with a user's own values over it: `features` replaces the profile's, then `addFeatures` are
 * added and `removeFeatures` taken away. Throws RangeError on an unknown name, of a profile or of a feature.
 */
export function profileOf(name: string, dialect: Dialect = {}): Profile {
  if (!Object.hasOwn(PROFILES, name)) {
    throw new RangeError(`there is no profile "${name}"; choose one of ${PROFILE_NAMES.join(', ')}`);
  }
  const profile = PROFILES[name as ProfileName];
  const { features, addFeatures = [], removeFeatures = [], ...values } = dialect;
  const named = [...(features ?? profile.features), ...addFeatures];
  checkFeatures([...named, ...removeFeatures]);
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return {
    ...profile,
    ...Object.fromEntries(given),
    features: [...new Set(named)].filter((feature) => !removeFeatures.includes(feature)),
  };
}
