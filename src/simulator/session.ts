/**
 * One client's connection, as the registry sees it: commands are executed one after another and answered in order (RFC 5734 section 3).
 *
 *   socket ──▶ frames ──▶ inbox: latency, work ──▶ execution ──▶ outbox ──▶ socket
 *                                    fault chosen ┘      └ journal   └ delays, pieces, the end
 */
import type { TLSSocket } from 'node:tls';
import { FrameError, FrameReader } from '../epp/frame.ts';
import type { Clock } from '../lib/clock.ts';
import type { Account, Seat } from './accounts.ts';
import { type Answer, answerOf } from './answer.ts';
import { execute } from './commands.ts';
import { doFault, type Hands, outgoing } from './faults/act.ts';
import { type FaultAction, GREETING } from './faults/options.ts';
import type { FaultPlan } from './faults/plan.ts';
import { IdleWatch } from './idle-watch.ts';
import { Inbox } from './inbox.ts';
import { type Incoming, objectNames, readIncoming, transformOf } from './incoming.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { decideLogin } from './logins.ts';
import type { Latency, SimulatorOptions, WorkTimes } from './options.ts';
import { type Ending, Outbox, type Outgoing } from './outbox.ts';
import type { Registry } from './registry.ts';
import { greeting, type Reply } from './replies.ts';

export interface SessionDeps {
  options: Pick<
    SimulatorOptions,
    | 'idleTimeoutSeconds'
    | 'maxFrameBytes'
    | 'maxLoginFailures'
    | 'lockAfterFailures'
    | 'unclean'
    | 'objects'
    | 'extensions'
  >;
  /** Read anew for each command: they change at run time. */
  settings: { latencyMs: Latency; workMs: WorkTimes };
  faults: FaultPlan;
  journal: Journal;
  accounts: ReadonlyMap<string, Account>;
  registry: Registry;
  clock: Clock;
  random(): number;
  newServerId(): string;
}

/** A TLS connection, and the way to reset what is below it. */
export interface Connection {
  socket: TLSSocket;
  /** Sends a RST. */
  reset(): void;
}

export class SimulatedSession {
  account: Account | undefined;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #connection: Connection;
  readonly #deps: SessionDeps;
  readonly #reader: FrameReader;
  readonly #inbox: Inbox<Incoming>;
  readonly #outbox: Outbox;
  #seat: Seat | undefined;
  /** What its login has asked for. */
  #services: ReadonlySet<string> = new Set();
  #loginFailures = 0;
  #loggedOut = false;
  /** The registry itself ended it, so it knows that it is gone. */
  #endedByUs = false;
  /** Nothing is executed any more. */
  #ending = false;
  #gone = false;
  readonly #idle: IdleWatch;
  #countLateMs = 0;
  #previousClTRID: string | undefined;

  constructor(connection: Connection, deps: SessionDeps) {
    const { clock, options } = deps;
    this.#connection = connection;
    this.#deps = deps;
    this.#reader = new FrameReader(options.maxFrameBytes);
    this.#idle = new IdleWatch({
      clock,
      timeoutMs: options.idleTimeoutSeconds * 1000,
      busy: () => this.#inbox.busy,
      drop: () => {
        if (this.account) this.account.idleDrops++;
        this.cut();
      },
    });
    this.#inbox = new Inbox({
      clock,
      latencyOf: ({ name }) => this.#latency(name),
      workOf: (incoming) => this.#prepare(incoming),
      execute: (incoming) => this.#work(incoming),
      onRest: () => this.#outbox.flush(),
    });
    this.#outbox = new Outbox(
      { write: (bytes) => this.#write(bytes), end: (how) => this.#endConnection(how) },
      clock,
    );
    this.closed = new Promise((resolve) => {
      connection.socket.once('close', () => {
        this.#onClose();
        resolve();
      });
    });
  }

  /** Greets, and listens. */
  start(): void {
    const { socket } = this.#connection;
    const { faults } = this.#deps;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', () => {}); // 'close' follows and tells all there is to tell
    this.#idle.start();
    const greet = () => this.#greeting();
    const fault = faults.pick({ command: GREETING, clientId: undefined, names: [] });
    if (fault) this.#doFault(fault.kind === 'late' ? { ...fault, execution: 'at-once' } : fault, greet);
    else this.#send(outgoing(greet()));
    this.#outbox.flush();
  }

  /** Cuts the connection from the registry's side. */
  cut(): void {
    this.#endedByUs = true;
    this.#connection.socket.destroy();
  }

  #onData(chunk: Buffer): void {
    if (this.#ending) return;
    try {
      for (const body of this.#reader.push(chunk)) this.#inbox.push(readIncoming(body));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.cut();
      return;
    }
    this.#inbox.run();
  }

  #latency(name: string): number {
    const { fixed, jitter, commands } = this.#deps.settings.latencyMs;
    return (commands[name] ?? fixed) + (jitter === 0 ? 0 : this.#deps.random() * jitter);
  }

  /** A command's turn has come: what is to go wrong with it, and how long it takes. */
  #prepare(incoming: Incoming): number {
    const { faults, settings } = this.#deps;
    const { name, command } = incoming;
    if (!faults.quiet) {
      const clientId = name === 'login' ? String(command?.body.clID) : this.account?.clientId;
      incoming.fault = faults.pick({ command: name, clientId, names: objectNames(command) });
    }
    const { fixed, commands } = settings.workMs;
    const { fault } = incoming;
    const lateMs = fault?.kind === 'late' && fault.execution === 'after' ? fault.ms : 0;
    return (commands[name] ?? fixed) + lateMs;
  }

  /** Executes a command whose time has come, even if the client is gone meanwhile: so do registries. */
  #work(incoming: Incoming): void {
    this.#idle.touch();
    const run = () => this.#execute(incoming);
    if (incoming.fault) this.#doFault(incoming.fault, run, incoming.clTRID);
    else {
      const answer = run();
      if (answer) this.#send(outgoing(answer));
    }
    this.#previousClTRID = incoming.clTRID ?? this.#previousClTRID;
  }

  /** Undefined: the connection was ended without a word. */
  #execute(incoming: Incoming): Answer | undefined {
    const { name, command, clTRID } = incoming;
    this.account?.countCommand(name);
    if (name === 'hello') return this.#greeting();
    const ids = { clTRID, svTRID: this.#deps.newServerId() };
    if (!command) return answerOf({ code: incoming.refusal }, ids);
    const { options } = this.#deps;
    if (name === 'login') {
      const reply = this.#login(incoming);
      return reply && answerOf(reply, ids);
    }
    if (!this.account || this.#loggedOut) return answerOf({ code: 2002, reason: 'not logged in' }, ids);
    if (name === 'logout') {
      this.#loggedOut = true;
      this.account.logouts++;
      return answerOf({ code: 1500 }, ids);
    }
    const unknown = incoming.extensions.find(({ uri }) => !options.extensions.includes(uri));
    const reply: Reply = unknown
      ? { code: 2103, reason: `the extension "${unknown.uri}" is not offered` }
      : execute(
          command,
          {
            clientId: this.account.clientId,
            services: this.#services,
            spoken: incoming.extensions.map(({ uri }) => uri),
            ids,
          },
          this.#deps.registry,
        );
    return answerOf(reply, ids, this.#recorded(incoming, reply, ids.svTRID));
  }

  #recorded(incoming: Incoming, { code }: Reply, svTRID: string): JournalEntry | undefined {
    const { journal, clock } = this.#deps;
    const transform = this.account && transformOf(incoming);
    if (!this.account || !transform) return undefined;
    const { clientId } = this.account;
    return journal.record({ clientId, ...transform, svTRID, code, executedAtMs: clock.wall().getTime() });
  }

  #login({ command, extensions }: Incoming): Reply | undefined {
    if (this.account || this.#gone || !command) return { code: 2002, reason: 'logged in already' };
    const { accounts, options, faults } = this.#deps;
    const { lockAfterFailures } = options;
    const decision = decideLogin(command, extensions, {
      accounts,
      objects: options.objects,
      extensions: options.extensions,
      lockAfterFailures,
    });
    switch (decision.kind) {
      case 'refused':
        return decision.reply;
      case 'failed':
        return ++this.#loginFailures >= options.maxLoginFailures
          ? { ...decision.reply, code: 2501 }
          : decision.reply;
      case 'over-limit':
        if (faults.settings.overLimit === 'answer') return { code: 2502 };
        this.#send({ bytes: NOTHING, ending: 'eof' });
        return undefined;
      case 'accepted':
        this.account = decision.account;
        this.#seat = decision.seat;
        this.#services = decision.services;
        return { code: 1000 };
    }
  }

  #greeting(): Answer {
    const { clock, options } = this.#deps;
    return {
      content: { greeting: greeting(clock.wall(), options.extensions, options.objects) },
      clTRID: undefined,
      svTRID: '',
      entry: undefined,
      closes: false,
    };
  }

  #doFault(action: FaultAction, run: () => Answer | undefined, clTRID?: string): void {
    const { clock, faults, newServerId } = this.#deps;
    const hands: Hands = {
      execute: run,
      unexecuted: () => answerOf({ code: 2400 }, { clTRID, svTRID: newServerId() }),
      stray: (what) =>
        what === 'greeting'
          ? this.#greeting()
          : answerOf({ code: 1000 }, { clTRID: undefined, svTRID: newServerId() }),
      send: (item) => this.#send(item),
      sendAfter: (ms, item) => {
        if (ms <= 0) return this.#send(item);
        clock.after(ms, () => {
          this.#send(item);
          this.#outbox.flush();
        });
      },
      pauseReading: (ms) => {
        const { socket } = this.#connection;
        socket.pause();
        clock.after(ms, () => socket.resume());
      },
      countLate: (ms) => {
        this.#countLateMs = ms;
      },
      shortenIdle: (ms) => this.#idle.change(ms),
      previousClTRID: () => this.#previousClTRID,
      nowMs: () => clock.monotonicMs(),
      random: () => faults.random(),
    };
    doFault(action, hands);
  }

  #send(item: Outgoing): void {
    this.#outbox.push(item);
    if (item.ending === undefined) return;
    if (item.ending === 'close') this.#endedByUs = true;
    this.#ending = true;
    this.#inbox.stop();
  }

  #write(bytes: Buffer): void {
    if (!this.#gone) this.#connection.socket.write(bytes);
  }

  #endConnection(how: Ending): void {
    const { socket, reset } = this.#connection;
    if (how !== 'reset') socket.end();
    else if (!this.#gone) socket.write(NOTHING, reset);
  }

  #onClose(): void {
    this.#gone = true;
    this.#idle.stop();
    this.#outbox.close();
    if (this.#loggedOut || this.#endedByUs || this.#deps.options.unclean === 'free-at-once') {
      this.#seat?.release(this.#countLateMs);
      return;
    }
    if (this.account) this.account.uncleanEnds++;
    this.#seat?.release(this.#idle.leftMs + this.#countLateMs);
  }
}

const NOTHING = Buffer.alloc(0);
