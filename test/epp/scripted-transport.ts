/** A transport in memory: everything that a connection can do to a session happens when the test says so. */
import { encodeFrame, FrameError, FrameReader } from '../../src/epp/frame.ts';
import { openSessionOn } from '../../src/epp/open-session.ts';
import type { EppSession } from '../../src/epp/session.ts';
import type { ConnectTransport, Transport, TransportEvents } from '../../src/epp/transport.ts';
import { ManualClock } from '../adapter/manual-clock.ts';
import { GREETING } from './documents.ts';
import { answerTo } from './scripted-registry.ts';
import { sessionOptions } from './session-fixture.ts';

export class ScriptedTransport implements Transport {
  peerClosed = false;
  readonly certificates = undefined;
  /** Every document that was written, and how many each write held. */
  readonly written: string[] = [];
  readonly writes: number[] = [];
  /** Our FIN was sent. */
  ended = false;
  destroyed = false;
  events!: TransportEvents;
  readonly #reader = new FrameReader(1024 * 1024);
  #closed = false;

  readonly connect: ConnectTransport = (_options, events) => {
    this.events = events;
    return this;
  };

  write(documents: readonly string[]): void {
    if (this.destroyed || this.ended) throw new Error('written after the end');
    this.written.push(...documents);
    this.writes.push(documents.length);
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    queueMicrotask(() => this.close());
  }

  /** The clTRIDs of all that was written, in order; of a hello 'hello'. */
  get ids(): string[] {
    return this.written.map((xml) => idOf(xml));
  }

  // --- what the peer does

  secure(): void {
    this.events.secure();
  }

  /** Bytes of the stream. */
  receive(bytes: Buffer): void {
    if (this.#closed) return;
    try {
      this.#reader.read(bytes, (body) => this.events.frame(body));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.events.badFrame(error);
    }
  }

  say(xml: string): void {
    this.receive(encodeFrame(xml));
  }

  greet(): void {
    this.say(GREETING);
  }

  answer(clTRID: string | null, code = 1000): void {
    this.say(answerTo(clTRID, code));
  }

  /** FIN. What is left of the connection goes with it. */
  fin(): void {
    if (this.#closed) return;
    this.peerClosed = true;
    this.events.end(!this.#reader.atBoundary);
    this.close();
  }

  reset(): void {
    if (this.#closed) return;
    this.peerClosed = true;
    this.events.error(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.events.closed();
  }
}

const idOf = (xml: string): string => /<clTRID>([^<]*)</.exec(xml)?.[1] ?? 'hello';

export interface Scripted {
  transport: ScriptedTransport;
  clock: ManualClock;
  /** Settles when the login is answered. */
  opening: Promise<EppSession>;
}

/** A session that is connecting. */
export function startScripted(changes: Parameters<typeof sessionOptions>[1] = {}): Scripted {
  const transport = new ScriptedTransport();
  const clock = new ManualClock();
  const options = sessionOptions({ port: 700, ca: '' }, { clock, ...changes });
  const opening = openSessionOn(transport.connect, options);
  opening.catch(() => {});
  return { transport, clock, opening };
}

/** One that is logged in; `TEST-1` was the login's id. */
export async function openScripted(
  changes: Parameters<typeof sessionOptions>[1] = {},
): Promise<Scripted & { session: EppSession }> {
  const scripted = startScripted(changes);
  const { transport, opening } = scripted;
  transport.secure();
  transport.greet();
  await turn();
  transport.answer('TEST-1');
  return { ...scripted, session: await opening };
}

/** Lets everything run that waits for nothing. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
