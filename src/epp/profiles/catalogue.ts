import { cnnic } from './cnnic.ts';
import { generic } from './generic.ts';
import type { ProfileName } from './names.ts';
import { nomulus } from './nomulus.ts';
import type { Profile } from './profile.ts';
import { verisign } from './verisign.ts';

export const PROFILES: Record<ProfileName, Profile> = { generic, verisign, cnnic, nomulus };

/** The profile of that name, with a user's own values over it. Throws RangeError on an unknown name. */
export function profileOf(name: string, overrides: Partial<Omit<Profile, 'name'>> = {}): Profile {
  if (!Object.hasOwn(PROFILES, name)) {
    throw new RangeError(`there is no profile "${name}"; choose one of ${Object.keys(PROFILES).join(', ')}`);
  }
  return { ...PROFILES[name as ProfileName], ...overrides };
}
