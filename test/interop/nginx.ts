/** A real nginx with the file that the operator renders for egress proxies, and a name server for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NginxConfOptions, nginxConf } from '../../src/operator/specs/egress/nginx-conf.ts';
import { freePorts } from '../cluster/ports.ts';
import { eventually } from '../support/eventually.ts';
import { NGINX_STREAM_MODULE } from './libraries.ts';

export class Nginx {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #exit: Promise<number | null>;
  #output = '';

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
    this.#exit = once(child, 'close').then(([code]) => code as number | null);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
  }

  /** Resolves when it listens. @param dns port of a name server on 127.0.0.1 */
  static async start(
    registry: Pick<NginxConfOptions, 'host' | 'port'>,
    { dns }: { dns?: number } = {},
  ): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'eppset-nginx-'));
    const [port = 0, probe = 0] = await freePorts(2);
    const text = nginxConf({
      registry: 'verisign',
      ...registry,
      idleTimeoutSeconds: 600,
      limit: 10,
      listen: [`127.0.0.1:${port}`],
      probe: [`127.0.0.1:${probe}`],
      folder,
      // Node's pipes are sockets, which cannot be opened as /dev/stdout
      log: join(folder, 'sessions.log'),
      modules: [NGINX_STREAM_MODULE],
    });
    const file = join(folder, 'nginx.conf');
    await writeFile(file, text);
    await writeFile(join(folder, 'resolver.conf'), `resolver 127.0.0.1:${dns ?? 53} ipv6=off;\n`);
    const child = spawn('nginx', ['-c', file, '-g', 'daemon off;'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const started = new Nginx(child, folder, port);
    try {
      await eventually(async () => child.exitCode !== null || started.#listens(probe), { what: 'nginx' });
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    } catch (error) {
      await started.stop();
      throw new Error(started.#output, { cause: error });
    }
    return started;
  }

  /** A line for each stream that ended. */
  async sessions(): Promise<Record<string, string | number>[]> {
    const text = await readFile(join(this.#folder, 'sessions.log'), 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  /** As `nginx -s quit`. */
  quit(): void {
    this.#child.kill('SIGQUIT');
  }

  get ended(): Promise<number | null> {
    return this.#exit;
  }

  async refuses(): Promise<boolean> {
    return !(await this.#listens(this.port));
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM');
    await this.#exit;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #listens(port: number): Promise<boolean> {
    const socket = connect({ host: '127.0.0.1', port });
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}

/** Answers every question for an IPv4 address with `address`, for a second (RFC 1035 section 4). */
export class NameServer {
  address = '127.0.0.1';
  questions = 0;
  readonly #socket: Socket = createSocket('udp4');

  static async start(): Promise<NameServer> {
    const server = new NameServer();
    server.#socket.on('message', (question, peer) => {
      server.questions++;
      server.#socket.send(server.#answer(question), peer.port, peer.address);
    });
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    return server;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(question: Buffer): Buffer {
    const end = question.indexOf(0, 12) + 5;
    const head = Buffer.from([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    // The name by a pointer to the question, type A, class IN, time to live 1 s, four bytes
    const record = Buffer.from([
      0xc0,
      12,
      0,
      1,
      0,
      1,
      0,
      0,
      0,
      1,
      0,
      4,
      ...this.address.split('.').map(Number),
    ]);
    return Buffer.concat([question.subarray(0, 2), head, question.subarray(12, end), record]);
  }
}
