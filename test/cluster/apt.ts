/** Debian packages that the machine lacks. */
import { existsSync } from 'node:fs';
import { type Progress, step } from './progress.ts';
import { isInPath, run, runOk } from './run.ts';

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Undefined where packages can be installed, else why not. */
export function whyNoApt(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get'))
    return 'this is not Debian (no apt-get)';
  return isRoot() ? undefined : 'that takes root';
}

/** Installs the packages whose program, or file by its absolute path, is missing: `{ program: package }`. Says so, and says what to do where it cannot. */
export async function installMissing(
  programs: Readonly<Record<string, string>>,
  progress: Progress,
): Promise<void> {
  const missing: string[] = [];
  for (const [program, debianPackage] of Object.entries(programs)) {
    const isThere = program.startsWith('/') ? existsSync(program) : await isInPath(program);
    if (!isThere) missing.push(debianPackage);
  }
  if (missing.length > 0) await installPackages(missing, progress);
}

/** As `installMissing`, for packages that are known to be missing. */
export async function installPackages(missing: readonly string[], progress: Progress): Promise<void> {
  const why = whyNoApt();
  if (why !== undefined) {
    throw new Error(`needs ${missing.join(', ')}, and cannot install it: ${why}. Install it and start again`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '--yes', '--no-install-recommends', ...missing];
  await step(progress, `installing Debian packages: ${missing.join(', ')}`, '10 to 60 s', async () => {
    // The package lists may be missing or old: fetch them only when it does not work without.
    if ((await run('apt-get', install, { env })).code === 0) return;
    await runOk('apt-get', ['update'], { env });
    await runOk('apt-get', install, { env });
  });
}
