/** Real adapters of pods, on a real API server, with real TLS to a simulated registry; all in this process, on production timing. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { Pool } from 'undici';
import { type Adapter, startAdapter } from '../../src/adapter/adapter.ts';
import { openBudget } from '../../src/adapter/open-budget.ts';
import { adapterFile } from '../../src/api/files/adapter-file.ts';
import type { SetClass } from '../../src/api/v1alpha1/set.ts';
import type { AccountBudget } from '../../src/budget/connection-budget.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import type { Pod } from '../../src/kube/builtin.ts';
import type { KubeClient } from '../../src/kube/interfaces.ts';
import { systemBootClock } from '../../src/lib/boot-clock.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { eventually } from '../support/eventually.ts';
import type { AccountFacts } from './budget-stage.ts';

const CLIENT = { clientId: 'acme', password: 'correct-horse' };
/** So long a command takes at the registry: whoever asks all the time has one in flight all the time. */
const COMMAND_MS = 1_000;

export async function startSmallRegistry(sessions: number): Promise<Simulator> {
  const registry = await startSimulator(
    { epp: { port: 0 }, http: { port: 0 }, accounts: [{ ...CLIENT, sessions }], tlds: ['com'] },
    { clock, log },
  );
  registry.control({ latencyMs: { commands: { 'domain:check': COMMAND_MS } } });
  return registry;
}

export const sessionsOf = (registry: Simulator) => registry.stats().accounts[CLIENT.clientId]!;

export interface BenchPodOptions {
  client: KubeClient;
  pod: Pod;
  class: SetClass;
  account: AccountFacts;
  registry: Simulator;
}

/** One adapter, and callers that each have a request in flight until they are stopped. */
export class BenchPod {
  readonly name: string;
  readonly #account: string;
  readonly #folder: string;
  readonly #adapter: Adapter;
  readonly #budget: ReturnType<typeof openBudget>;
  readonly #http: Pool;
  readonly #logins: { atMs: number }[];
  readonly #callers = new Set<{ stopped: boolean; done: Promise<void> }>();
  static #asked = 0;

  static async start(options: BenchPodOptions): Promise<BenchPod> {
    const { client, pod, account, registry } = options;
    const folder = await mkdtemp(join(tmpdir(), 'eppset-bench-'));
    await mkdir(join(folder, 'login'));
    await writeFile(join(folder, 'login/username'), CLIENT.clientId);
    await writeFile(join(folder, 'login/password'), CLIENT.password);
    await writeFile(join(folder, 'ca.crt'), registry.ca);
    const file = fileOf(options);
    const { namespace = '', uid = '' } = pod.metadata;
    const leaseAccess = () => ({ client, leaseKey: { namespace, name: uid } });
    const budget = openBudget({ file, leaseAccess, clock, bootClock: systemBootClock(), log });
    const logins: { atMs: number }[] = [];
    const adapter = await startAdapter({
      file,
      folder,
      budget: budget.budget,
      metrics: new Registry(),
      log,
      listen: { host: '127.0.0.1', port: 0 },
      openSession: async (session) => {
        const opened = await openSession(session);
        logins.push({ atMs: performance.now() });
        return opened;
      },
    });
    return new BenchPod({ name: pod.metadata.name, account: account.name, folder, adapter, budget, logins });
  }

  private constructor(parts: {
    name: string;
    account: string;
    folder: string;
    adapter: Adapter;
    budget: ReturnType<typeof openBudget>;
    logins: { atMs: number }[];
  }) {
    this.name = parts.name;
    this.#account = parts.account;
    this.#folder = parts.folder;
    this.#adapter = parts.adapter;
    this.#budget = parts.budget;
    this.#logins = parts.logins;
    this.#http = new Pool(parts.adapter.url, { connections: 200, pipelining: 1 });
  }

  /** What the budget says now. */
  get word(): AccountBudget {
    return this.#budget.budget.account(this.#account);
  }

  /** When (performance.now) the next login after that time was answered; undefined when it does not come in time. */
  async loginAfter(atMs: number, timeoutMs: number): Promise<number | undefined> {
    const find = () => this.#logins.find((login) => login.atMs > atMs);
    const login = await eventually(() => find() ?? false, { timeoutMs, everyMs: 5 }).catch(
      () => false as const,
    );
    return login === false ? undefined : login.atMs;
  }

  /** So many more requests in flight, from now on. */
  addCallers(count: number): void {
    for (let n = 0; n < count; n++) {
      const caller = { stopped: false, done: Promise.resolve() };
      caller.done = this.#call(caller);
      this.#callers.add(caller);
    }
  }

  async stopCallers(): Promise<void> {
    for (const caller of this.#callers) caller.stopped = true;
    await Promise.all([...this.#callers].map(({ done }) => done));
    this.#callers.clear();
  }

  async #call(caller: { stopped: boolean }): Promise<void> {
    while (!caller.stopped) {
      const { body } = await this.#http.request({
        method: 'POST',
        path: '/com/check',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ names: [`name-${++BenchPod.#asked}.com`] }),
      });
      await body.dump();
    }
  }

  async stop(): Promise<void> {
    await this.stopCallers();
    await this.#http.close();
    await this.#adapter.close();
    this.#budget.abandon();
    await rm(this.#folder, { recursive: true });
  }
}

function fileOf({ class: setClass, account, registry }: BenchPodOptions) {
  const { name, limit, idleTimeoutSeconds } = account;
  return adapterFile.parse({
    kind: 'AdapterFile',
    set: `epp.${setClass}.bench`,
    class: setClass,
    budget: { mode: 'lease', timeScale: 1 },
    accounts: [
      {
        name,
        accreditation: 'bench',
        tlds: ['com'],
        endpoint: { host: '127.0.0.1', port: registry.eppPort },
        credentials: { dir: 'login' },
        tls: { caDir: '.' },
        // One request, one command, one connection.
        dialect: { coalesceChecks: false, pipelineDepth: 1 },
        connections: { idleTimeoutSeconds },
        pool: { max: limit },
      },
    ],
  });
}
