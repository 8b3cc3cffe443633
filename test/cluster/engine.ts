/**
 * The container engine: one that runs already, else, for root on Debian, a Docker daemon of the test cluster's own. The own one has its
 * data, socket and processes apart, outlives the command that started it, and is stopped by `cli.ts engine stop` or `clean`.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { installMissing, whyNoApt } from './apt.ts';
import { checksumOf } from './checksum.ts';
import { recipe, stateRoot } from './folders.ts';
import { withLock } from './lock.ts';
import { isRunning, type ProcessRecord, recordOf, signalRecorded } from './processes.ts';
import { type Progress, step, toStderr } from './progress.ts';
import { isInPath, type Outcome, type RunOptions, run, runOk } from './run.ts';

export interface Engine {
  /** The daemon that the test cluster started itself. */
  own: boolean;
  /** For people. */
  where: string;
  /** Environment for programs that speak to it: docker, kind. */
  env: NodeJS.ProcessEnv;
  /** Runs the docker client; resolves whatever its exit code. */
  docker(args: readonly string[], options?: Omit<RunOptions, 'env'>): Promise<Outcome>;
  /** Runs the docker client; an exit code other than 0 is an error. */
  dockerOk(args: readonly string[], options?: Omit<RunOptions, 'env'>): Promise<Outcome>;
}

const ANSWER_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

function engineAt(host: string | undefined, own: boolean, where: string): Engine {
  const env = {
    ...process.env,
    // `kind load` stumbles over an index of an image and its attestations.
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
    ...(host === undefined ? {} : { DOCKER_HOST: host }),
  };
  return {
    own,
    where,
    env,
    docker: (args, options = {}) => run('docker', args, { ...options, env }),
    dockerOk: (args, options = {}) => runOk('docker', args, { ...options, env }),
  };
}

async function answers(engine: Engine): Promise<boolean> {
  try {
    const { code } = await engine.docker(['version', '--format', '{{.Server.Version}}'], {
      timeoutMs: ANSWER_TIMEOUT_MS,
    });
    return code === 0;
  } catch {
    return false;
  }
}

/** The engine that runs now, if any: DOCKER_HOST, else the own one, else what the docker client takes by default. */
export async function runningEngine(): Promise<Engine | undefined> {
  const asked = process.env.DOCKER_HOST;
  if (asked) {
    const engine = engineAt(
      undefined,
      asked === `unix://${ownEngine().socket}`,
      `the engine at DOCKER_HOST=${asked}`,
    );
    if (await answers(engine)) return engine;
    throw new Error(`DOCKER_HOST=${asked} does not answer: start that engine, or unset the variable`);
  }
  // The own one first: once it runs, all of this machine's test clusters live there.
  const candidates = [
    ...(existsSync(ownEngine().socket) ? [own()] : []),
    engineAt(undefined, false, "the machine's own engine"),
  ];
  for (const engine of candidates) if (await answers(engine)) return engine;
  return undefined;
}

/** Undefined where an engine runs or can be started, else what to do. */
export async function whyNoEngine(): Promise<string | undefined> {
  try {
    if (await runningEngine()) return undefined;
  } catch (error) {
    return (error as Error).message;
  }
  const why = whyNoOwnEngine(whyNoApt());
  return why === undefined
    ? undefined
    : `no container engine runs, and ${why}: start Docker, or try again as root on Debian`;
}

export function whyNoOwnEngine(noApt: string | undefined): string | undefined {
  return noApt === undefined ? undefined : `none can be started here (${noApt})`;
}

/** The running engine, or a started one. */
export async function engine(progress: Progress = toStderr): Promise<Engine> {
  const running = await runningEngine();
  if (running) return running;
  const why = whyNoOwnEngine(whyNoApt());
  if (why !== undefined)
    throw new Error(`no container engine runs, and ${why}: start Docker, or try again as root on Debian`);
  return withLock(join(stateRoot(), 'engine.lock'), async () => {
    // Another process may have started it meanwhile; or its package came with a daemon that runs now.
    const other = await runningEngine();
    if (other) return other;
    await installMissing({ dockerd: 'docker.io', docker: 'docker.io' }, progress);
    const installed = await runningEngine();
    return installed ?? start(progress);
  });
}

/** Places of the own daemon. Sockets lie under /run: their paths may be 107 bytes long at most, a home folder's may not fit. */
export function ownEngine(state: string = stateRoot()) {
  const folder = join(state, 'engine');
  const runtime = `/run/eppset-${checksumOf([state]).slice(0, 8)}`;
  return {
    folder,
    runtime,
    data: join(folder, 'data'),
    log: join(folder, 'dockerd.log'),
    record: join(folder, 'daemon.json'),
    socket: join(runtime, 'docker.sock'),
  };
}

function own(): Engine {
  const { socket } = ownEngine();
  return engineAt(`unix://${socket}`, true, `the test cluster's own Docker daemon (unix://${socket})`);
}

/** CAP_SYS_RESOURCE is bit 24 (capabilities(7)). */
export function holdsSysResource(status: string): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> 24n) & 1n) === 1n;
}

/**
 * Removes the pid files of daemons that were killed: the system may have handed their numbers out again, and dockerd would wait for a
 * containerd that is something else by now. One that outlived its dockerd is left: dockerd takes it over.
 */
export async function forgetTheDead(
  runtime: string,
  nameOf: (pid: string) => string | undefined = nameOfProcess,
): Promise<void> {
  await rm(join(runtime, 'docker.pid'), { force: true });
  const file = join(runtime, 'exec/containerd/containerd.pid');
  if (existsSync(file) && nameOf(readFileSync(file, 'utf8').trim()) !== 'containerd') await rm(file);
}

function nameOfProcess(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

async function start(progress: Progress): Promise<Engine> {
  const places = ownEngine();
  mkdirSync(places.data, { recursive: true, mode: 0o700 });
  mkdirSync(places.runtime, { recursive: true, mode: 0o755 });
  const args = [
    `--data-root=${places.data}`,
    `--exec-root=${join(places.runtime, 'exec')}`,
    `--pidfile=${join(places.runtime, 'docker.pid')}`,
    `--host=unix://${places.socket}`,
  ];
  if (!holdsSysResource(readFileSync('/proc/self/status', 'utf8'))) {
    // A copy: the daemon must not need the checkout that it was started from.
    const wrapper = join(places.folder, 'runc-without-sys-resource');
    writeFileSync(wrapper, readFileSync(join(recipe, 'runc-without-sys-resource.sh')));
    await chmod(wrapper, 0o755);
    args.push(`--add-runtime=wrapped=${wrapper}`, '--default-runtime=wrapped');
  }
  await forgetTheDead(places.runtime);
  await step(progress, 'starting a Docker daemon of our own', '3 s', async () => {
    const log = openSync(places.log, 'a');
    // A session of its own: a Ctrl-C or the end of the make target must not end it, nor may it hold a folder.
    const daemon = spawn('dockerd', args, { detached: true, cwd: '/', stdio: ['ignore', log, log] });
    closeSync(log);
    let ended = '';
    daemon.on('error', (error) => {
      ended = error.message;
    });
    daemon.on('exit', (code, signal) => {
      ended = `it ended with ${signal ?? `exit code ${code}`}`;
    });
    if (daemon.pid !== undefined) writeFileSync(places.record, JSON.stringify(recordOf(daemon.pid)));
    const up = () => (ended === '' ? answers(own()) : true);
    await eventually(up, { timeoutMs: START_TIMEOUT_MS, everyMs: 100, what: 'answer of dockerd' }).catch(
      (error) => {
        ended = (error as Error).message;
      },
    );
    daemon.unref();
    if (ended !== '') {
      const told = readFileSync(places.log, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
      throw new Error(`dockerd did not start: ${ended}. The end of ${places.log}:\n${told}`);
    }
  });
  return own();
}

/** Stops the own daemon, and with it its containers. Tells whether it ran. */
export async function stopEngine(): Promise<boolean> {
  const places = ownEngine();
  let record: ProcessRecord;
  try {
    record = JSON.parse(readFileSync(places.record, 'utf8')) as ProcessRecord;
  } catch {
    return false;
  }
  const ran = signalRecorded(record, 'SIGTERM');
  if (ran) {
    await eventually(() => !isRunning(record), { timeoutMs: STOP_TIMEOUT_MS, what: 'end of dockerd' }).catch(
      () => signalRecorded(record, 'SIGKILL'),
    );
  }
  await rm(places.record, { force: true });
  return ran;
}

/** Removes what the own daemon kept. Only after `stopEngine`. */
export async function removeEngineData(): Promise<void> {
  const places = ownEngine();
  if (!existsSync(places.folder) && !existsSync(places.runtime)) return;
  // Mounts that a killed daemon left would make the removal fail, or reach through them.
  if (await isInPath('findmnt')) {
    const { stdout } = await run('findmnt', ['--noheadings', '--raw', '--output', 'TARGET']);
    const below = stdout
      .split('\n')
      .filter((target) => target.startsWith(`${places.folder}/`) || target.startsWith(`${places.runtime}/`));
    for (const target of below.reverse()) await run('umount', ['--lazy', target]);
  }
  await rm(places.folder, { recursive: true, force: true });
  await rm(places.runtime, { recursive: true, force: true });
}

/** Whether the engine has the image already. */
export async function hasImage(engine: Engine, image: string): Promise<boolean> {
  return (await engine.docker(['image', 'inspect', '--format', '{{.Id}}', image])).code === 0;
}

/** Pulls the image; false, with the reason told, where that is not possible. */
export async function pull(engine: Engine, image: string, progress: Progress): Promise<boolean> {
  return step(progress, `pulling ${image}`, 'half a minute to two', async () => {
    const { code, stderr } = await engine.docker(['pull', '--quiet', image], { timeoutMs: 15 * 60_000 });
    if (code !== 0) progress.line(`  it cannot be pulled: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    return code === 0;
  });
}
