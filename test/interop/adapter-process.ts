/** The adapter as a process of its own, as `eppset adapter` starts it, and a way to talk to it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AdapterFileInput } from '../../src/api/files/adapter-file.ts';
import type { Certificates } from '../../src/simulator/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { TalkingProgram } from './talking-program.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface AdapterProcessOptions {
  registry: { port: number; certificates: Certificates };
  username: string;
  password: string;
  /** Connections at most. */
  max: number;
  /** PEM, instead of the registry's own CA. */
  ca?: string;
  /** Changes of the account in its file. */
  account?: Partial<AdapterFileInput['accounts'][number]>;
}

export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was answered
  body: any;
}

export class AdapterProcess {
  readonly #program: TalkingProgram;
  readonly #folder: string;
  readonly #url: string;

  private constructor(program: TalkingProgram, folder: string, url: string) {
    this.#program = program;
    this.#folder = folder;
    this.#url = url;
  }

  static async start(options: AdapterProcessOptions): Promise<AdapterProcess> {
    const { registry, username, max } = options;
    const folder = await mkdtemp(join(tmpdir(), 'eppset-adapter-process-'));
    const { cert, key, ca } = registry.certificates;
    for (const [name, content] of [
      ['login/username', username],
      ['login/password', options.password],
      ['tls/tls.crt', cert],
      ['tls/tls.key', key],
      ['tls/ca.crt', options.ca ?? ca],
    ] as const) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    const file: AdapterFileInput = {
      kind: 'AdapterFile',
      set: 'epp.core.bj',
      class: 'core',
      http: { host: '127.0.0.1', port: 0 },
      budget: { mode: 'local' },
      timeouts: { queue: '20s' },
      accounts: [
        {
          name: 'perl-acme',
          accreditation: 'acme',
          tlds: ['com'],
          endpoint: { host: '127.0.0.1', port: registry.port, serverName: 'localhost' },
          credentials: { dir: 'login' },
          tls: { dir: 'tls', caDir: 'tls' },
          connections: { idleTimeoutSeconds: 600, opensPerSecond: 100 },
          pool: { max },
          ...options.account,
        },
      ],
    };
    const config = join(folder, 'adapter.yaml');
    await writeFile(config, JSON.stringify(file));
    const program = new TalkingProgram(process.execPath, [MAIN, 'adapter', '--config', config]);
    try {
      const { url } = await program.line(({ msg }) => msg === 'the adapter serves');
      return new AdapterProcess(program, folder, url);
    } catch (error) {
      await program.stop('SIGKILL');
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  async get(path: string): Promise<Reply> {
    return read(await fetch(this.#url + path));
  }

  async post(path: string, body: object): Promise<Reply> {
    const headers = { 'content-type': 'application/json' };
    return read(await fetch(this.#url + path, { method: 'POST', headers, body: JSON.stringify(body) }));
  }

  /** Waits until it is ready; fails with its reasons. */
  async ready(): Promise<void> {
    await eventually(
      async () => {
        const { status, body } = await this.get('/readyz');
        if (status !== 200) throw new Error(JSON.stringify(body));
      },
      { timeoutMs: 60_000, what: 'the adapter ready' },
    );
  }

  /** Waits until it says why it is not ready, in words that fit. */
  async unready(why: RegExp): Promise<void> {
    await eventually(
      async () => {
        const { status, body } = await this.get('/readyz');
        if (status !== 503 || !why.test(JSON.stringify(body)))
          throw new Error(`${status} ${JSON.stringify(body)}`);
      },
      { timeoutMs: 60_000, what: `an adapter that is not ready: ${why}` },
    );
  }

  async changePassword(password: string): Promise<void> {
    await writeFile(join(this.#folder, 'login/password'), password);
  }

  /** A file beside its configuration, as text; empty where there is none. */
  async file(name: string): Promise<string> {
    return readFile(join(this.#folder, name), 'utf8').catch(() => '');
  }

  /** Everything that it logged, as text. */
  logged(): string {
    return this.#program.lines.map((line) => JSON.stringify(line)).join('\n') + this.#program.stderr;
  }

  /** Ends it as Kubernetes does; resolves with its exit code when it has logged out of its sessions. */
  drain(): Promise<number> {
    return this.#program.stop('SIGTERM');
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    await this.#program.stop('SIGKILL');
    await rm(this.#folder, { recursive: true });
  }
}

async function read(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}
