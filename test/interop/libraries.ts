/**
 * Other people's EPP software, and how this machine gets it. Each has an entry here and test files of its own,
 * `<name>.interop.test.ts`, which ask `whyWithout` first: it installs what is missing.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/lib/errors.ts';
import { installPackages, whyNoApt } from '../cluster/apt.ts';
import { checksumOf, filesOf } from '../cluster/checksum.ts';
import { isOlder, whyNoGo } from '../cluster/executables.ts';
import { cacheRoot } from '../cluster/folders.ts';
import { withLock } from '../cluster/lock.ts';
import { type Progress, step, toStderr } from '../cluster/progress.ts';
import { run, runOk } from '../cluster/run.ts';

export interface Library {
  name: string;
  /** Nothing fails where it is missing, with CI=true neither. */
  optional?: boolean;
  isInstalled(): Promise<boolean>;
  /** Why it cannot be installed here; undefined where it may be. A cheap look. */
  whyNot(): Promise<string | undefined>;
  install(progress: Progress): Promise<void>;
}

const here = fileURLToPath(new URL('.', import.meta.url));

/** CentralNic's client in Perl, as Debian has it. */
export const netEpp: Library = {
  name: 'Net::EPP (libnet-epp-perl)',
  isInstalled: () => works('perl', ['-MNet::EPP::Simple', '-MIO::Socket::SSL', '-MJSON::PP', '-e', '1']),
  whyNot: async () => whyNoApt(),
  install: (progress) => installPackages(['libnet-epp-perl', 'perl'], progress),
};

export const NGINX_STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** Debian's nginx, which has the stream module beside it. */
export const nginx: Library = {
  name: 'nginx with its stream module (libnginx-mod-stream)',
  isInstalled: async () => (await works('nginx', ['-v'])) && existsSync(NGINX_STREAM_MODULE),
  whyNot: async () => whyNoApt(),
  install: (progress) => installPackages(['nginx-light', 'libnginx-mod-stream'], progress),
};

/** What is installed into a folder of the cache, under the checksum of what it is made of. */
interface Cached extends Library {
  readonly folder: string;
}

function cached(
  name: string,
  options: {
    label: string;
    optional?: boolean;
    /** Beside this file. */
    sources: readonly string[];
    usually: string;
    whyNot(): Promise<string | undefined>;
    /** Fills the folder, which is empty. */
    fill(folder: string): Promise<unknown>;
  },
): Cached {
  const sum = checksumOf([process.platform, process.arch, ...filesOf(here, options.sources)]);
  const folder = join(cacheRoot(), 'interop', `${name}-${sum}`);
  return {
    name: options.label,
    ...(options.optional ? { optional: true } : {}),
    folder,
    isInstalled: async () => existsSync(folder),
    whyNot: options.whyNot,
    install: (progress) =>
      step(progress, `installing ${options.label}`, options.usually, async () => {
        // Made aside and renamed: a folder with the right name is whole.
        const temporary = `${folder}.tmp`;
        await rm(temporary, { recursive: true, force: true });
        await mkdir(temporary, { recursive: true });
        await options.fill(temporary);
        await rename(temporary, folder);
      }),
  };
}

/** Domainr's client in Go. The folder has the program `go-epp`, built from go-epp/main.go. */
export const goEpp = cached('go-epp', {
  label: 'github.com/domainr/epp (Go)',
  sources: ['go-epp'],
  usually: '10 s',
  whyNot: whyNoGo,
  fill: (folder) =>
    runOk('go', ['build', '-mod=readonly', '-buildvcs=false', '-o', join(folder, 'go-epp'), '.'], {
      cwd: join(here, 'go-epp'),
      // A GOFLAGS of the caller's (say -mod=vendor) would break the build.
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
    }),
});

const PIP = ['-m', 'pip', '--disable-pip-version-check', '--no-input'];

/** EppTools' client in Python. The folder is one for PYTHONPATH. */
export const eppTools = cached('epptools', {
  label: 'epptools (Python)',
  sources: ['epptools.requirements.txt'],
  usually: '5 s',
  whyNot: async () =>
    (await works('python3', [...PIP, '--version'])) ? undefined : 'there is no python3 with pip in PATH',
  fill: (folder) =>
    runOk('python3', [
      ...PIP,
      'install',
      '--quiet',
      '--no-deps',
      '--require-hashes',
      '--root-user-action=ignore',
      `--target=${folder}`,
      `--requirement=${join(here, 'epptools.requirements.txt')}`,
    ]),
});

const CARGO = '1.85';

/** Instant Domains' client in Rust. The folder has the program `bin/instant-epp-client`, built from instant-epp/. */
export const instantEpp = cached('instant-epp', {
  label: 'instant-epp (Rust)',
  // nothing else of this project needs Rust
  optional: true,
  sources: ['instant-epp/Cargo.toml', 'instant-epp/Cargo.lock', 'instant-epp/src'],
  usually: 'a minute on two cores',
  async whyNot() {
    const told = await run('cargo', ['--version']).catch(() => undefined);
    const version = /^cargo (\d+\.\d+)/.exec(told?.stdout ?? '')?.[1];
    if (version !== undefined && !isOlder(version, CARGO)) return undefined;
    return `there is no cargo ${CARGO} or newer in PATH`;
  },
  async fill(folder) {
    // what it depends on is compiled once, whatever becomes of main.rs
    const target = join(cacheRoot(), 'interop', 'instant-epp-target');
    const path = join(here, 'instant-epp');
    await runOk('cargo', [
      ...['install', '--quiet', '--debug', '--locked', '--no-track'],
      `--path=${path}`,
      `--root=${folder}`,
      `--target-dir=${target}`,
    ]);
  },
});

const LIBRARIES: readonly Library[] = [netEpp, nginx, goEpp, eppTools, instantEpp];

async function works(command: string, args: readonly string[]): Promise<boolean> {
  const outcome = await run(command, args).catch(() => undefined);
  return outcome?.code === 0;
}

/** Installs it where it is missing; says why that cannot be. */
async function problemWith(library: Library): Promise<string | undefined> {
  return withLock(join(cacheRoot(), 'interop', 'install.lock'), async () => {
    if (await library.isInstalled()) return undefined;
    const why = await library.whyNot();
    if (why !== undefined) return `${library.name} is not installed, and cannot be: ${why}`;
    try {
      await library.install(toStderr);
      return undefined;
    } catch (error) {
      return `${library.name} could not be installed: ${messageOf(error)}`;
    }
  });
}

/** Why tests of it must be left out; undefined where it is here, installed now if need be. With CI=true, an error unless it is optional. */
export async function whyWithout(library: Library): Promise<string | undefined> {
  const problem = await problemWith(library);
  if (problem === undefined) return undefined;
  if (process.env.CI === 'true' && !library.optional) throw new Error(problem);
  toStderr.line(`left out: ${problem}`);
  return problem;
}

/** A line for each that must be left out and should not be. Installs what is missing. */
export async function missingLibraries(): Promise<string[]> {
  const problems: string[] = [];
  for (const library of LIBRARIES) {
    const problem = await problemWith(library);
    if (problem !== undefined && !library.optional) problems.push(problem);
  }
  return problems;
}
