/** A real server of the kind that keys are kept in: Debian's redis-server, or valkey-server where that is installed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installMissing } from '../../cluster/apt.ts';
import { withLock } from '../../cluster/lock.ts';
import { freePorts } from '../../cluster/ports.ts';
import { toStderr } from '../../cluster/progress.ts';
import { isInPath } from '../../cluster/run.ts';
import { eventually } from '../../support/eventually.ts';

const program = async () => ((await isInPath('valkey-server')) ? 'valkey-server' : 'redis-server');

/** Why there can be no server here; undefined where there can be one. Installs it where it may. */
export const NO_REDIS: string | undefined = await withLock(
  join(tmpdir(), 'eppset-redis-install.lock'),
  async () =>
    installMissing({ [await program()]: 'redis-server' }, toStderr).then(
      () => undefined,
      (error: Error) => error.message,
    ),
);

export interface RedisOptions {
  password?: string;
  /** A user beside the default one, with the same password. */
  username?: string;
  /** What that user may do; everything by default. */
  may?: string;
  /** The port of the server that this one copies. */
  replicaOf?: number;
  /** When what it was told is on the disk: before it answers, by default. */
  appendfsync?: 'always' | 'everysec';
  /** False: it writes nothing down. */
  appendonly?: boolean;
  /** PEM: the server then speaks TLS alone. */
  tls?: { ca: string; cert: string; key: string };
}

export class RedisServer {
  readonly port: number;
  readonly folder: string;
  readonly #options: RedisOptions;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string, options: RedisOptions) {
    this.port = port;
    this.folder = folder;
    this.#options = options;
  }

  static async start(options: RedisOptions = {}): Promise<RedisServer> {
    const [port] = (await freePorts(1)) as [number];
    const folder = await mkdtemp(join(tmpdir(), 'eppset-redis-'));
    const server = new RedisServer(port, folder, options);
    await server.start();
    return server;
  }

  /** On the same port, with what it kept. */
  async start(): Promise<void> {
    const { tls, password, username, may = '+@all' } = this.#options;
    const listen = tls
      ? [
          '--port',
          '0',
          '--tls-port',
          String(this.port),
          '--tls-auth-clients',
          'no',
          ...(await this.#tlsFiles(tls)),
        ]
      : ['--port', String(this.port)];
    const auth = password === undefined ? [] : ['--requirepass', password];
    const user =
      username === undefined ? [] : ['--user', username, 'on', `>${password}`, '~*', ...may.split(' ')];
    const args = ['--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    const { appendonly = true, appendfsync = 'always', replicaOf } = this.#options;
    const kept = ['--appendonly', appendonly ? 'yes' : 'no', '--appendfsync', appendfsync];
    if (replicaOf !== undefined) kept.push('--replicaof', '127.0.0.1', String(replicaOf));
    const child = spawn(await program(), [...listen, ...args, ...kept, ...auth, ...user], {
      stdio: 'ignore',
    });
    this.#process = child;
    await eventually(
      () => {
        if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
        return accepts(this.port);
      },
      { what: 'redis-server listens' },
    );
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Stands still: connections stay, and nobody answers. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  goOn(): void {
    this.#process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #tlsFiles(tls: NonNullable<RedisOptions['tls']>): Promise<string[]> {
    const files = { 'tls-ca-cert-file': tls.ca, 'tls-cert-file': tls.cert, 'tls-key-file': tls.key };
    const args: string[] = [];
    for (const [name, pem] of Object.entries(files)) {
      const path = join(this.folder, `${name}.pem`);
      await writeFile(path, pem);
      args.push(`--${name}`, path);
    }
    return args;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
