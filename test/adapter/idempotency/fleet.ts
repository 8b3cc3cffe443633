/** Several adapters of one set in front of one simulated registry, each with an address of its own as pods have. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { type Adapter, type AdapterOptions, startAdapter } from '../../../src/adapter/adapter.ts';
import { type AdapterFileInput, adapterFile } from '../../../src/api/files/adapter-file.ts';
import { localBudget } from '../../../src/budget/local-budget.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLog } from '../../../src/lib/log.ts';
import type { SimulatorInput } from '../../../src/simulator/options.ts';
import type { Simulator } from '../../../src/simulator/server.ts';
import { eventually } from '../../support/eventually.ts';
import { ACCOUNT, CLIENT_ID, HoldingClock, PASSWORD, SET, startRegistry } from '../harness.ts';

type FileInput = Omit<AdapterFileInput, 'kind' | 'set' | 'class' | 'budget' | 'accounts'>;
type AccountInput = AdapterFileInput['accounts'][number];

export interface FleetOptions {
  registry?: Partial<SimulatorInput>;
  file?: FileInput;
  account?: Partial<AccountInput>;
  max?: number;
}

export interface FleetReply {
  status: number;
  headers: Headers;
  /** As it came, byte for byte. */
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was answered
  body: any;
}

export interface Member {
  adapter: Adapter;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<FleetReply>;
  /** The value of one series; undefined: there is none. */
  metric(name: string, labels?: Record<string, string>): Promise<number | undefined>;
}

export class Fleet {
  readonly registry: Simulator;
  readonly folder: string;
  readonly #clock: HoldingClock;
  readonly #options: FleetOptions;
  readonly #members: Adapter[] = [];
  readonly #lines: string[] = [];

  private constructor(registry: Simulator, clock: HoldingClock, folder: string, options: FleetOptions) {
    this.registry = registry;
    this.#clock = clock;
    this.folder = folder;
    this.#options = options;
  }

  static async start(options: FleetOptions = {}): Promise<Fleet> {
    const clock = new HoldingClock();
    const registry = await startRegistry(options.registry, clock);
    const folder = await mkdtemp(join(tmpdir(), 'eppset-fleet-'));
    await mkdir(join(folder, 'login'));
    await writeFile(join(folder, 'login/username'), CLIENT_ID);
    await writeFile(join(folder, 'login/password'), PASSWORD);
    await writeFile(join(folder, 'ca.crt'), registry.ca);
    return new Fleet(registry, clock, folder, options);
  }

  logged(): string {
    return this.#lines.join('');
  }

  /** What `eppset adapter --config` reads. */
  file(more: Partial<FileInput> = {}): AdapterFileInput {
    const account: AccountInput = {
      name: ACCOUNT,
      accreditation: 'acme',
      tlds: ['com'],
      endpoint: { host: '127.0.0.1', port: this.registry.eppPort },
      credentials: { dir: 'login' },
      tls: { caDir: '.' },
      connections: { idleTimeoutSeconds: 1, lateDeliverySeconds: 0, opensPerSecond: 100 },
      pool: { max: this.#options.max ?? 4 },
      ...this.#options.account,
    };
    return {
      kind: 'AdapterFile',
      set: SET,
      class: 'core',
      budget: { mode: 'local' },
      timeouts: { queue: '20s' },
      ...this.#options.file,
      ...more,
      accounts: [account],
    };
  }

  async adapter(options: Partial<AdapterOptions> = {}, more: Partial<FileInput> = {}): Promise<Member> {
    const metrics = new Registry();
    const file = adapterFile.parse(this.file(more));
    const accounts = {
      [ACCOUNT]: { idleTimeoutSeconds: 1, lateDeliverySeconds: 0, max: this.#options.max ?? 4 },
    };
    const adapter = await startAdapter({
      file,
      folder: this.folder,
      budget: localBudget({ accounts, clock: systemClock, timeScale: 0.02 }),
      metrics,
      log: createLog({
        level: 'debug',
        name: 'test',
        destination: { write: (line) => void this.#lines.push(line) },
      }),
      listen: { host: '127.0.0.1', port: 0 },
      drainGraceMs: 20,
      gate: { backoff: { baseMs: 20, maxMs: 200 }, refusedForMs: 500 },
      ...options,
    });
    this.#members.push(adapter);
    await ready(adapter.url);
    return {
      adapter,
      post: (path, body, headers) => post(adapter.url + path, body, headers),
      async metric(name, labels = {}) {
        const { values = [] } = (await metrics.getSingleMetric(name)?.get()) ?? {};
        const fits = values.filter((one) =>
          Object.entries(labels).every(([label, value]) => one.labels[label] === value),
        );
        return fits.length === 0 ? undefined : fits.reduce((sum, { value }) => sum + value, 0);
      },
    };
  }

  /** Lets go on what stands at the registry by the latency HELD. */
  release(): void {
    for (const fn of this.#clock.held.splice(0)) fn();
  }

  /** How often the registry executed a command, on one name or on all. */
  executed(command: string, name?: string): number {
    return this.registry.journal({ name }).entries.filter((entry) => entry.command === command).length;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map((adapter) => adapter.close()));
    await this.registry.close();
    await rm(this.folder, { recursive: true });
  }
}

export async function ready(url: string): Promise<void> {
  await eventually(async () => (await fetch(`${url}/readyz`)).status === 200, {
    timeoutMs: 20_000,
    what: 'a ready adapter',
  });
}

export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<FleetReply> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}
