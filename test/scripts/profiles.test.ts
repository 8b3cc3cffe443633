import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PROFILES_DOCUMENT, profilesDocument } from '../../scripts/profiles.ts';

it('docs/profiles.md is what the profiles say; else run `node scripts/profiles.ts`', () => {
  expect(readFileSync(PROFILES_DOCUMENT, 'utf8')).toBe(profilesDocument());
});
