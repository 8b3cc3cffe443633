/**
 * The tier `api`: a real etcd, kube-apiserver and kube-controller-manager as processes (envtest's way), in a folder and on ports of their
 * own, so that several run side by side. Ready in some 4 s. See docs/test-cluster.md.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiAccess, accessTo } from './api-access.ts';
import { commandLine, DEFAULT_CONTROLLERS, type ProgramName, writeFiles } from './api-processes.ts';
import { executables } from './executables.ts';
import { stateRoot } from './folders.ts';
import { freePorts } from './ports.ts';
import { isRunning, killRecorded, type ProcessRecord, recordOf, signalRecorded } from './processes.ts';
import { type Progress, toStderr } from './progress.ts';

export type { ApiAccess } from './api-access.ts';
export { DEFAULT_CONTROLLERS } from './api-processes.ts';

export interface ApiServerOptions {
  /** Controllers of kube-controller-manager by its names (`deployment-controller` …); default `DEFAULT_CONTROLLERS`, `['*']` for all. */
  controllers?: readonly string[];
  /** Gives up starting. */
  signal?: AbortSignal;
  /** Told what is built, where something must be. Default: standard error. */
  progress?: Progress;
}

export interface ApiServer extends ApiAccess {
  /** SIGSTOP: connections stay open, nothing answers. */
  pauseApiServer(): void;
  resumeApiServer(): void;
  /** SIGKILL, and a new process on the same port with the same data; resolves when it is ready. */
  restartApiServer(): Promise<void>;
  /** SIGKILL to all three, and the folder removed. May be called twice. */
  stop(): Promise<void>;
  /** What the three programs wrote so far. */
  logs(): string;
}

/** A program that found its port taken is started again elsewhere, so often. */
const TRIES = 4;
const READY_TIMEOUT_MS = 90_000;

/** Starts the three programs and waits until the server is ready and the default service account is there. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const bin = await binaries(options.progress ?? toStderr, options.signal);
  await removeLeftovers();
  for (let tries = 1; ; tries++) {
    const server = new Tier(bin, options.controllers ?? DEFAULT_CONTROLLERS);
    try {
      await server.start(options.signal);
      return server.handle();
    } catch (error) {
      const logs = server.logs();
      await server.stop();
      if (tries < TRIES && isPortTaken(logs) && !options.signal?.aborted) continue;
      throw new Error(`the API server did not start: ${(error as Error).message}\n${tail(logs, 40)}`, {
        cause: error,
      });
    }
  }
}

export function isPortTaken(logs: string): boolean {
  return /address already in use/.test(logs);
}

function tail(text: string, lines: number): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

const PROGRAMS: readonly ProgramName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager'];

/** The folder of the executables: KUBEBUILDER_ASSETS (envtest's convention) where set, else our own build. */
export async function binaries(
  progress: Progress,
  signal?: AbortSignal,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const assets = env.KUBEBUILDER_ASSETS;
  if (!assets) return executables('kube', { progress, ...(signal ? { signal } : {}) });
  const why = whyNoAssets(assets, existsSync);
  if (why !== undefined) throw new Error(why);
  return assets;
}

export function whyNoAssets(folder: string, exists: (path: string) => boolean): string | undefined {
  const missing = [...PROGRAMS, 'kubectl'].filter((program) => !exists(join(folder, program)));
  if (missing.length === 0) return undefined;
  return (
    `KUBEBUILDER_ASSETS=${folder} lacks ${missing.join(', ')}: put the executables of one Kubernetes release there ` +
    "(envtest's own archive comes without kube-controller-manager), or unset the variable to have all of them built"
  );
}

/** One folder a server: its files, its logs, its processes' ids, and who owns it. */
function tiersFolder(): string {
  return join(stateRoot(), 'api');
}

const OWNER = 'owner.json';
const PROCESSES = 'processes.json';

/** Kills and removes what dead test runs left behind. Tells how many servers. */
export async function removeLeftovers(root: string = tiersFolder()): Promise<number> {
  if (!existsSync(root)) return 0;
  let removed = 0;
  for (const name of readdirSync(root)) {
    const folder = join(root, name);
    const owner = readJson<ProcessRecord>(join(folder, OWNER));
    // Without an owner: its name starts with the id of the process that is just about to write it.
    const pid = Number(name.split('-')[0]);
    if (owner ? isRunning(owner) : pid > 0 && recordOf(pid).start !== 'gone') continue;
    await killRecorded(readJson<ProcessRecord[]>(join(folder, PROCESSES)) ?? []);
    await rm(folder, { recursive: true, force: true });
    removed++;
  }
  return removed;
}

/** Owners of the servers that run now. */
export function runningServers(root: string = tiersFolder()): ProcessRecord[] {
  if (!existsSync(root)) return [];
  const owners = readdirSync(root).map((name) => readJson<ProcessRecord>(join(root, name, OWNER)));
  return owners.filter((owner) => owner !== undefined).filter(isRunning);
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** Three processes and their folder. */
class Tier {
  private readonly folder: string;
  private readonly bin: string;
  private readonly controllers: readonly string[];
  private readonly records = new Map<ProgramName, ProcessRecord>();
  /** Exit of a program that nobody asked to end. */
  private readonly ended = new Map<ProgramName, string>();
  private ports = { api: 0, etcd: 0, etcdPeer: 0 };
  private access: ApiAccess | undefined;
  private stopped = false;

  constructor(bin: string, controllers: readonly string[]) {
    this.bin = bin;
    this.controllers = controllers;
    this.folder = join(tiersFolder(), `${process.pid}-${Math.random().toString(36).slice(2, 10)}`);
  }

  async start(signal?: AbortSignal): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await writeFile(join(this.folder, OWNER), JSON.stringify(recordOf(process.pid)));
    process.on('exit', this.killNow);
    const [api = 0, etcd = 0, etcdPeer = 0] = await freePorts(3);
    this.ports = { api, etcd, etcdPeer };
    // etcd needs no certificate: it starts while they are made.
    this.spawn('etcd');
    const credentials = await writeFiles(this.folder, this.ports);
    this.spawn('kube-apiserver');
    this.access = accessTo({
      url: credentials.url,
      kubeconfig: credentials.kubeconfig,
      kubeconfigPath: join(this.folder, 'admin.conf'),
      adminTls: { ca: credentials.ca, ...credentials.admin },
      kubectlPath: join(this.bin, 'kubectl'),
    });
    await this.until('readiness of kube-apiserver', (access) => access.isReady(), signal);
    this.spawn('kube-controller-manager');
    // The one sign from outside that the controllers work; nothing makes the account where its controller was left out.
    if (this.controllers.some((name) => name === '*' || name === 'serviceaccount-controller')) {
      await this.until('the default service account', hasDefaultServiceAccount, signal);
    }
  }

  handle(): ApiServer {
    const { access } = this;
    if (!access) throw new Error('not started');
    return {
      ...access,
      pauseApiServer: () => this.signal('SIGSTOP'),
      resumeApiServer: () => this.signal('SIGCONT'),
      restartApiServer: () => this.restartApiServer(),
      stop: () => this.stop(),
      logs: () => this.logs(),
    };
  }

  private signal(signal: NodeJS.Signals): void {
    const record = this.records.get('kube-apiserver');
    if (!record || !signalRecorded(record, signal)) throw new Error('kube-apiserver does not run');
  }

  private async restartApiServer(): Promise<void> {
    const record = this.records.get('kube-apiserver');
    this.records.delete('kube-apiserver');
    if (record) await killRecorded([record]);
    this.spawn('kube-apiserver');
    await this.until('readiness of kube-apiserver after its restart', (access) => access.isReady());
  }

  private spawn(program: ProgramName): void {
    const log = openSync(join(this.folder, `${program}.log`), 'a');
    const args = commandLine(program, this.folder, this.ports, this.controllers);
    const child = spawn(join(this.bin, program), args, { stdio: ['ignore', log, log], cwd: this.folder });
    closeSync(log);
    child.on('error', (error) => this.ended.set(program, error.message));
    if (child.pid === undefined) return;
    const record = recordOf(child.pid);
    this.records.set(program, record);
    this.ended.delete(program);
    // At once and synchronously: a run may be killed at any moment.
    writeFileSync(join(this.folder, PROCESSES), JSON.stringify([...this.records.values()]));
    this.watch(child, program, record);
  }

  private watch(child: ChildProcess, program: ProgramName, record: ProcessRecord): void {
    child.on('exit', (code, signal) => {
      if (this.records.get(program) !== record) return;
      this.ended.set(program, signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
    // A test runner must be able to end while a server that nobody stopped still runs.
    child.unref();
  }

  private async until(
    what: string,
    check: (access: ApiAccess) => Promise<boolean>,
    signal?: AbortSignal,
  ): Promise<void> {
    const end = performance.now() + READY_TIMEOUT_MS;
    for (;;) {
      signal?.throwIfAborted();
      for (const [program, how] of this.ended) throw new Error(`${program} ended by itself (${how})`);
      if (this.access && (await check(this.access).catch(() => false))) return;
      if (performance.now() > end) throw new Error(`${what} did not come within ${READY_TIMEOUT_MS} ms`);
      await delay(30);
    }
  }

  /** Last resort, when the process ends without `stop`. */
  private readonly killNow = () => {
    for (const record of this.records.values()) signalRecorded(record, 'SIGKILL');
    // The files of killed programs may still be written to; the next start finds what is left.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  };

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    process.off('exit', this.killNow);
    const records = [...this.records.values()];
    this.records.clear();
    // SIGKILL: on SIGTERM kube-apiserver takes up to a minute.
    await killRecorded(records);
    this.access?.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  logs(): string {
    return PROGRAMS.map((program) => {
      const path = join(this.folder, `${program}.log`);
      return existsSync(path) ? `--- ${program}\n${readFileSync(path, 'utf8')}` : '';
    }).join('');
  }
}

async function hasDefaultServiceAccount(access: ApiAccess): Promise<boolean> {
  return (await access.request('GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200;
}
