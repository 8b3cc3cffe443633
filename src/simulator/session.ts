/** One client's connection, as the registry sees it: commands one at a time, answered in order (RFC 5734 section 3). */
import type { TLSSocket } from 'node:tls';
import { nameOf, readCommand } from '../epp/catalogue.ts';
import type { EppCommand } from '../epp/command.ts';
import type { Login } from '../epp/commands/session.ts';
import { encodeFrame, FrameError, FrameReader } from '../epp/frame.ts';
import { closesSession } from '../epp/result-codes.ts';
import { decodeXml, parseXml, XmlError } from '../epp/xml.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Account, Seat } from './accounts.ts';
import { execute } from './commands.ts';
import type { Faults, Latency, SimulatorOptions } from './options.ts';
import type { Registry } from './registry.ts';
import { greeting, OBJECT_SERVICES, type Reply, response } from './replies.ts';

export interface SessionDeps {
  options: Pick<SimulatorOptions, 'idleTimeoutSeconds' | 'maxFrameBytes' | 'maxLoginFailures' | 'unclean'>;
  /** Read anew for each command: they change at run time. */
  settings: { latencyMs: Latency; faults: Faults };
  accounts: ReadonlyMap<string, Account>;
  registry: Registry;
  clock: Clock;
  random(): number;
  newServerId(): string;
}

export class SimulatedSession {
  account: Account | undefined;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #socket: TLSSocket;
  readonly #deps: SessionDeps;
  readonly #reader: FrameReader;
  readonly #queue: Buffer[] = [];
  #out: Buffer[] = [];
  /** True while a command takes its time. */
  #working = false;
  #seat: Seat | undefined;
  #loginFailures = 0;
  #loggedOut = false;
  /** We cut it ourselves, so we know that it is gone. */
  #cutByUs = false;
  #ending = false;
  #gone = false;
  #lastActivityMs: number;
  #idleTimer: Timer | undefined;

  constructor(socket: TLSSocket, deps: SessionDeps) {
    const { clock, options } = deps;
    this.#socket = socket;
    this.#deps = deps;
    this.#reader = new FrameReader(options.maxFrameBytes);
    this.#lastActivityMs = clock.monotonicMs();
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#onClose();
        resolve();
      });
    });
  }

  /** Greets, and listens. */
  start(): void {
    const { clock, settings } = this.#deps;
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.#socket.on('error', () => {}); // 'close' follows and tells all there is to tell
    this.#armIdle();
    if (settings.faults.greeting === 'close') this.#finish();
    else if (settings.faults.greeting === 'normal') this.#socket.write(encodeFrame(greeting(clock.wall())));
  }

  /** Cuts the connection from the registry's side. */
  cut(): void {
    this.#cutByUs = true;
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    try {
      this.#queue.push(...this.#reader.push(chunk));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.cut();
      return;
    }
    this.#run();
  }

  #run(): void {
    while (!this.#working && !this.#ending) {
      const body = this.#queue.shift();
      if (!body) break;
      const command = this.#read(body);
      const name = command === undefined ? 'unknown' : nameOf(command);
      const ms = this.#latency(name);
      if (ms <= 0) {
        this.#work(command, name);
        continue;
      }
      this.#working = true;
      this.#deps.clock.after(ms, () => {
        this.#working = false;
        this.#work(command, name);
        this.#run();
      });
    }
    this.#flush();
  }

  /** All that is ready in one write: answers to pipelined commands share packets. */
  #flush(): void {
    const [first, ...rest] = this.#out;
    if (!first) return;
    this.#out = [];
    if (!this.#gone) this.#socket.write(rest.length === 0 ? first : Buffer.concat([first, ...rest]));
    if (this.#ending) this.#socket.end();
  }

  #read(body: Buffer): EppCommand | undefined {
    try {
      return readCommand(parseXml(decodeXml(body)));
    } catch (error) {
      if (error instanceof XmlError) return undefined;
      throw error;
    }
  }

  #latency(name: string): number {
    const { fixed, jitter, commands } = this.#deps.settings.latencyMs;
    return (commands[name] ?? fixed) + (jitter === 0 ? 0 : this.#deps.random() * jitter);
  }

  /** Executes a command whose time is over, even if the client is gone meanwhile: so do registries. */
  #work(command: EppCommand | undefined, name: string): void {
    this.#lastActivityMs = this.#deps.clock.monotonicMs();
    this.account?.countCommand(name);
    if (command?.command === 'hello') {
      this.#out.push(encodeFrame(greeting(this.#deps.clock.wall())));
      return;
    }
    const reply = this.#answer(command, name);
    if (reply === undefined) return;
    this.#out.push(encodeFrame(response(reply, command?.clTRID, this.#deps.newServerId())));
    if (closesSession(reply.code)) this.#ending = true;
  }

  /** Undefined: nothing is answered. */
  #answer(command: EppCommand | undefined, name: string): Reply | undefined {
    if (command === undefined) return { code: 2001 };
    if (name === 'login') return this.#login(command.body as Login);
    if (!this.account) return { code: 2002, reason: 'not logged in' };
    if (name === 'logout') {
      this.#loggedOut = true;
      this.account.logouts++;
      return { code: 1500 };
    }
    const reply = execute(command, this.account.clientId, this.#deps.registry);
    const { lostReplies } = this.#deps.settings.faults;
    return lostReplies > 0 && this.#deps.random() < lostReplies ? undefined : reply;
  }

  #login({ clID, pw, newPW, svcs }: Login): Reply | undefined {
    if (this.account || this.#gone) return { code: 2002, reason: 'logged in already' };
    const { accounts, options, settings } = this.#deps;
    const account = accounts.get(clID);
    if (account?.password !== pw) {
      if (account) account.loginFailures++;
      return { code: ++this.#loginFailures >= options.maxLoginFailures ? 2501 : 2200 };
    }
    if (svcs.objURIs.some((uri) => !OBJECT_SERVICES.includes(uri))) return { code: 2307 };
    if (svcs.svcExtension) return { code: 2103 };
    const seat = account.takeSeat();
    if (!seat) {
      if (settings.faults.overLimit === 'answer') return { code: 2502 };
      this.#finish();
      return undefined;
    }
    this.account = account;
    this.#seat = seat;
    if (newPW !== undefined) account.password = newPW;
    if (settings.faults.login === 'close') this.#finish();
    return settings.faults.login === 'normal' ? { code: 1000 } : undefined;
  }

  #finish(): void {
    this.#ending = true;
    this.#socket.end();
  }

  #armIdle(): void {
    const { clock, options } = this.#deps;
    const due = this.#lastActivityMs + options.idleTimeoutSeconds * 1000 - clock.monotonicMs();
    this.#idleTimer = clock.after(Math.max(due, 1), () => {
      const silent = clock.monotonicMs() - this.#lastActivityMs;
      if (this.#working || silent < options.idleTimeoutSeconds * 1000) {
        this.#armIdle();
        return;
      }
      if (this.account) this.account.idleDrops++;
      this.cut();
    });
  }

  #onClose(): void {
    this.#gone = true;
    this.#idleTimer?.cancel();
    if (this.#loggedOut || this.#cutByUs || this.#deps.options.unclean === 'free-at-once') {
      this.#seat?.release(0);
      return;
    }
    if (this.account) this.account.uncleanEnds++;
    const { clock, options } = this.#deps;
    const idleAtMs = this.#lastActivityMs + options.idleTimeoutSeconds * 1000;
    this.#seat?.release(Math.max(0, idleAtMs - clock.monotonicMs()));
  }
}
