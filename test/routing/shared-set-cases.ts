/** Answers of polaris-go's real router: in EPPSET_SHARED, or where a checkout of them usually stands. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SetCase } from './set-case.ts';

const FILE = join(
  process.env.EPPSET_SHARED ?? resolve(import.meta.dirname, '../../../shared'),
  'set-routing-cases.json',
);

/** Why there are none here; undefined where they are. */
export const NO_SHARED_CASES: string | undefined = existsSync(FILE)
  ? undefined
  : `no set-routing-cases.json in ${resolve(FILE, '..')}; set EPPSET_SHARED`;

export const SHARED_CASES: readonly SetCase[] = NO_SHARED_CASES
  ? []
  : (JSON.parse(readFileSync(FILE, 'utf8')) as SetCase[]);
