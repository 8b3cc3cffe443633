/** The commands of one session: checked, written in turn, timed, and settled exactly once each. */
import { messageOf } from '../lib/errors.ts';
import { checkCommand, nameOf, writeCommand } from './catalogue.ts';
import { CheckedCommand } from './checked-command.ts';
import type { EppCommand, EppResponse } from './command.ts';
import { EarliestTimer } from './earliest-timer.ts';
import type { Exchange, Match } from './in-flight.ts';
import { Pipeline } from './pipeline.ts';
import type { ServerFrame } from './responses/response.ts';
import { EppError, type SendOptions, type SessionFailure } from './session.ts';
import type { SessionOptions } from './session-options.ts';

export interface CommandFlowDeps {
  /** Puts frames on the wire, in one piece. */
  write: (documents: readonly string[]) => void;
  /** The session cannot go on; it is expected to `stop` this. */
  onFailure: (failure: SessionFailure) => void;
  /** The error of a command that was not sent, as this session tells it. */
  describe: (failure: SessionFailure) => EppError;
}

type CommandFlowOptions = Pick<SessionOptions, 'clock' | 'depth' | 'newTransactionId' | 'permit'>;

const NO_SERVICES: ReadonlySet<string> = new Set();

export class CommandFlow {
  /** The services that the login has asked for: they choose between versions of extensions. */
  services = NO_SERVICES;
  readonly #options: CommandFlowOptions & CommandFlowDeps;
  readonly #pipeline: Pipeline;
  readonly #timer: EarliestTimer;
  readonly #write = () => this.#writeStaged();
  #writeAsked = false;
  #stopped = false;
  #commands = 0;
  #lastWriteMs = 0;
  #late: SessionFailure | undefined;

  constructor(options: CommandFlowOptions, deps: CommandFlowDeps) {
    const { clock, depth = 1, newTransactionId, permit } = options;
    this.#options = { clock, depth, newTransactionId, permit, ...deps };
    this.#pipeline = new Pipeline(depth);
    this.#timer = new EarliestTimer(options.clock, () => this.#onDue());
  }

  get inFlight(): number {
    return this.#pipeline.inFlight;
  }

  get waiting(): number {
    return this.#pipeline.waiting;
  }

  get room(): number {
    return this.#stopped ? 0 : this.#pipeline.room;
  }

  /** Written so far. */
  get commands(): number {
    return this.#commands;
  }

  /** Monotonic milliseconds. */
  get lastWriteMs(): number {
    return this.#lastWriteMs;
  }

  /** Takes a command and writes it in its turn. Rejects with an EppError. */
  request(command: EppCommand, options: SendOptions): Promise<EppResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<EppResponse>();
    const { describe, clock } = this.#options;
    const { deadlineMs = Number.POSITIVE_INFINITY, timeoutMs, signal } = options;
    const nowMs = clock.monotonicMs();
    if (signal?.aborted) {
      reject(this.#withdrawn(command));
    } else if (deadlineMs <= nowMs) {
      reject(this.#expired(command));
    } else {
      try {
        const checked = command instanceof CheckedCommand ? command : checkCommand(command);
        const clTRID = this.#idOf(checked, options.clTRID);
        // made before its turn comes, so that nothing can fail then
        const xml = writeCommand(checked, { offered: this.services, clTRID });
        const exchange: Exchange = {
          command: checked,
          clTRID,
          xml,
          timeoutMs,
          deadlineMs,
          dueMs: Number.NaN,
          givenUp: false,
          unlisten: undefined,
          resolve,
          reject,
        };
        this.#take(exchange, signal, nowMs);
      } catch (error) {
        reject(describe({ kind: 'protocol', text: messageOf(error), cause: error }));
      }
    }
    return promise;
  }

  #idOf(command: CheckedCommand, given: string | undefined): string | undefined {
    if (command.command === 'hello') return undefined;
    return given ?? command.clTRID ?? this.#options.newTransactionId();
  }

  #take(exchange: Exchange, signal: AbortSignal | undefined, nowMs: number): void {
    this.#pipeline.add(exchange);
    this.pump(nowMs);
    // nothing overtakes: if any waits, the last does
    if (this.#pipeline.waiting === 0 || !Number.isNaN(exchange.dueMs)) return;
    this.#timer.watch(exchange.deadlineMs);
    if (!signal) return;
    const onAbort = () => {
      if (this.#pipeline.remove(exchange)) exchange.reject(this.#withdrawn(exchange.command));
      this.pump();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    exchange.unlisten = () => signal.removeEventListener('abort', onAbort);
  }

  /**
   * Sees that what may go out does, before this turn of the event loop is over.
   * @param nowMs monotonic, where it is known already
   */
  pump(nowMs?: number): void {
    if (this.#stopped) return;
    if (this.#pipeline.waiting > 0) {
      for (const exchange of this.#pipeline.stage(nowMs ?? this.#options.clock.monotonicMs())) {
        exchange.unlisten?.();
        exchange.reject(this.#expired(exchange.command));
      }
    }
    if (this.#pipeline.staged === 0 || this.#writeAsked) return;
    if (this.#options.depth === 1) {
      this.#writeStaged();
    } else {
      // what else is sent in this turn, by callers who have just got their answers above all, shares its write
      this.#writeAsked = true;
      queueMicrotask(this.#write);
    }
  }

  #writeStaged(): void {
    this.#writeAsked = false;
    if (this.#stopped || this.#pipeline.staged === 0) return;
    const { permit, clock, onFailure, write } = this.#options;
    if (!permit.mayWrite()) {
      onFailure({ kind: 'budget', text: 'the connection budget allows no write any more' });
      return;
    }
    const staged = this.#pipeline.take();
    const nowMs = clock.monotonicMs();
    let dueMs = Number.POSITIVE_INFINITY;
    for (const exchange of staged) {
      exchange.dueMs = nowMs + exchange.timeoutMs;
      if (exchange.dueMs < dueMs) dueMs = exchange.dueMs;
      exchange.unlisten?.();
    }
    this.#commands += staged.length;
    this.#lastWriteMs = nowMs;
    write(staged.map(({ xml }) => xml));
    this.#timer.watch(dueMs);
  }

  /** The command that a frame answers, to be resolved. */
  match(frame: ServerFrame): Match {
    return this.#pipeline.match(frame);
  }

  /** A frame came that cannot be read, and the session will end: the command that it answers gets it with its error. */
  unreadable(document: string, error: EppError): void {
    const exchange = this.#pipeline.matchUnreadable(document);
    exchange?.reject(failed(error, 'unknown', exchange.clTRID, document));
  }

  /** A reply is overdue behind a transform: the session ends once that is answered. */
  get late(): SessionFailure | undefined {
    return this.#late;
  }

  #onDue(): number {
    const nowMs = this.#options.clock.monotonicMs();
    for (const exchange of this.#pipeline.takeExpired(nowMs)) {
      exchange.unlisten?.();
      exchange.reject(this.#expired(exchange.command));
    }
    const { fatal, givenUp } = this.#pipeline.overdue(nowMs);
    for (const exchange of givenUp) {
      this.#late ??= lateFailure(exchange);
      exchange.reject(unknown(exchange, this.#options.describe(lateFailure(exchange))));
    }
    if (fatal) this.#options.onFailure(lateFailure(fatal));
    return this.#pipeline.nextDueMs();
  }

  /** Settles everything: what was written is `unknown`, what was not is not sent. Nothing is written from now on. */
  stop(error: EppError): void {
    this.#stopped = true;
    this.#timer.cancel();
    const { written, unwritten } = this.#pipeline.takeAll();
    for (const exchange of written) exchange.reject(unknown(exchange, error));
    for (const exchange of unwritten) {
      exchange.unlisten?.();
      exchange.reject(failed(error, 'not-sent'));
    }
  }

  #expired(command: EppCommand): EppError {
    const text = `${nameOf(command)} was not sent: its time was over before its turn came`;
    return this.#options.describe({ kind: 'expired', text });
  }

  #withdrawn(command: EppCommand): EppError {
    const text = `${nameOf(command)} was not sent: its caller took it back`;
    return this.#options.describe({ kind: 'withdrawn', text });
  }
}

function lateFailure({ command, timeoutMs }: Exchange): SessionFailure {
  const text = `no reply to ${nameOf(command)} within ${timeoutMs} ms; its outcome is unknown`;
  return { kind: 'timeout', text };
}

function unknown({ clTRID }: Exchange, cause: EppError): EppError {
  return failed(cause, 'unknown', clTRID);
}

function failed(cause: EppError, outcome: EppError['outcome'], clTRID?: string, frame?: string): EppError {
  const { kind, code, message } = cause;
  return new EppError(message, {
    kind,
    outcome,
    cause,
    frame,
    ...(code === undefined ? {} : { code }),
    ...(clTRID === undefined ? {} : { clTRID }),
  });
}
