/**
 * Other people's EPP software, and how this machine gets it. Each has an entry here and a test file of its own,
 * `<name>.interop.test.ts`, which starts with `describe.skipIf` on its reason and installs it in `beforeAll`.
 */
import { installPackages, whyNoApt } from '../cluster/apt.ts';
import type { Progress } from '../cluster/progress.ts';
import { run } from '../cluster/run.ts';

export interface Library {
  name: string;
  isInstalled(): Promise<boolean>;
  /** Why it cannot be installed here; undefined where it can. A cheap look. */
  whyNot(): Promise<string | undefined>;
  install(progress: Progress): Promise<void>;
}

/** CentralNic's client in Perl, as Debian has it. */
export const netEpp: Library = {
  name: 'Net::EPP (libnet-epp-perl)',
  isInstalled: async () => {
    const perl = await run('perl', ['-MNet::EPP::Simple', '-MJSON::PP', '-e', '1']).catch(() => undefined);
    return perl?.code === 0;
  },
  whyNot: async () => whyNoApt(),
  install: (progress) => installPackages(['libnet-epp-perl', 'perl'], progress),
};

export const LIBRARIES: readonly Library[] = [netEpp];

/** Why tests of it must be left out; undefined where it is here, or can be. */
export async function whyWithout(library: Library): Promise<string | undefined> {
  if (await library.isInstalled()) return undefined;
  const why = await library.whyNot();
  return why === undefined ? undefined : `${library.name} is not installed, and cannot be: ${why}`;
}

/** A line for each that must be left out. */
export async function missingLibraries(): Promise<string[]> {
  const reasons = await Promise.all(LIBRARIES.map(whyWithout));
  return reasons.filter((reason) => reason !== undefined);
}

/** Installs it where it is missing. */
export async function ensureInstalled(library: Library, progress: Progress): Promise<void> {
  if (!(await library.isInstalled())) await library.install(progress);
}
