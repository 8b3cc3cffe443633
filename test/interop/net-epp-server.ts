/** The small registry on Net::EPP (net-epp-server.pl), as a process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificates, makeCertificates } from '../../src/simulator/certificates.ts';
import { type Line, TalkingProgram } from './talking-program.ts';

const SCRIPT = new URL('net-epp-server.pl', import.meta.url).pathname;

export interface Account {
  user: string;
  password: string;
  /** Sessions that may be logged in at once. */
  sessions: number;
}

export class NetEppServer {
  readonly port: number;
  /** The server's; `cert` serves clients too, which it asks for one. */
  readonly certificates: Certificates;
  readonly #program: TalkingProgram;
  readonly #folder: string;

  private constructor(port: number, certificates: Certificates, program: TalkingProgram, folder: string) {
    this.port = port;
    this.certificates = certificates;
    this.#program = program;
    this.#folder = folder;
  }

  /** @param tls the version that it speaks, as `TLSv1_2`; 1.2 and 1.3 by default */
  static async start(account: Account, tls = 'SSLv23:!SSLv3:!SSLv2:!TLSv1:!TLSv1_1'): Promise<NetEppServer> {
    const folder = await mkdtemp(join(tmpdir(), 'eppset-net-epp-server-'));
    const certificates = await makeCertificates({ names: ['localhost', '127.0.0.1'] });
    const paths = [];
    for (const part of ['ca', 'cert', 'key'] as const) {
      const path = join(folder, `${part}.pem`);
      await writeFile(path, certificates[part]);
      paths.push(path);
    }
    const program = new TalkingProgram('perl', [SCRIPT, ...paths, tls]);
    try {
      const { port } = await program.line(({ event }) => event === 'listening');
      const server = new NetEppServer(port, certificates, program, folder);
      await server.order(account);
      return server;
    } catch (error) {
      await program.stop('SIGKILL');
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** Resolves when it is carried out. */
  async order(order: Partial<Account> & { message?: string; hangUp?: number }): Promise<void> {
    const before = this.#program.lines.length;
    this.#program.tell(order);
    await this.#program.line(({ event }) => event === 'obeyed', before);
  }

  #of(event: string): Line[] {
    return this.#program.lines.filter((line) => line.event === event);
  }

  /** What it read, as `domain:create a.com 1000`; of one session's commands `session:login acme 1000`. */
  commands(fits: (line: Line) => boolean = ({ command }) => !command.startsWith('session:')): string[] {
    return this.#of('command')
      .filter(fits)
      .map(({ command, names, code }) => `${command} ${names} ${code}`);
  }

  /** By the client's transaction id. */
  command(clTRID: string): Line | undefined {
    return this.#of('command').find((line) => line.clTRID === clTRID);
  }

  get sessions(): Line[] {
    return this.#of('session');
  }

  /** Greetings that were asked for: keepalives. */
  get hellos(): number {
    return this.#of('hello').length;
  }

  /** How sessions ended: `logout`, `left` (the client closed, or broke off), `cut`, `closed` or `hung up` by the registry. */
  get ends(): string[] {
    return this.#of('end').map(({ how }) => how);
  }

  /** Handshakes that failed. */
  get refused(): Line[] {
    return this.#of('refused');
  }

  /** Complaints of Perl: none is expected. */
  get stderr(): string {
    return this.#program.stderr;
  }

  async stop(): Promise<void> {
    await this.#program.stop('SIGTERM');
    await rm(this.#folder, { recursive: true });
  }
}
