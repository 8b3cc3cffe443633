/**
 * What a session sends, in the order of its commands (RFC 5734 section 3).
 *
 *   push ──▶ items: each in its turn, after its delay ──▶ batch ──▶ one write per flush
 *                    │ held: the batch waits until enough replies are in it
 *                    │ pieces: written apart, with pauses
 *                    └ ending: the end of the connection, and of the outbox
 */
import type { Clock, Timer } from '../lib/clock.ts';

/** How the connection ends: FIN by the registry's own will, FIN as a fault, RST. */
export type Ending = 'close' | 'eof' | 'reset';

/** A frame, or what is left of one, and how it goes out. */
export interface Outgoing {
  bytes: Buffer;
  /** Leaves no earlier, on the clock's monotonic time. */
  notBeforeMs?: number;
  /** Sizes in bytes, over and over until all is written. */
  pieces?: { sizes: readonly number[]; pauseMs: number };
  /** This frame and those after it wait until there are so many, or until the time is over. */
  hold?: { frames: number; withinMs: number };
  /** Comes after the bytes. */
  ending?: Ending;
  /** Told once: all bytes were handed to the socket, or will never be. */
  onSettled?: (how: 'sent' | 'cut') => void;
}

export interface Wire {
  write(bytes: Buffer): void;
  end(how: Ending): void;
}

export class Outbox {
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #items: Outgoing[] = [];
  #batch: Buffer[] = [];
  #settled: ((how: 'sent' | 'cut') => void)[] = [];
  #hold: { frames: number; timer: Timer } | undefined;
  /** Waiting for the first item's time, or between two pieces of it. */
  #pause: Timer | undefined;
  /** Of this one some pieces are written. */
  #inPieces: Outgoing | undefined;
  #closed = false;

  constructor(wire: Wire, clock: Clock) {
    this.#wire = wire;
    this.#clock = clock;
  }

  /** Goes out with the next flush at the earliest. After the end: cut. */
  push(item: Outgoing): void {
    if (this.#closed) item.onSettled?.('cut');
    else this.#items.push(item);
  }

  /** Sends what may go now, in one write. */
  flush(): void {
    while (this.#pause === undefined && !this.#closed) {
      const item = this.#items[0];
      if (!item) break;
      const leftMs = (item.notBeforeMs ?? 0) - this.#clock.monotonicMs();
      if (item.notBeforeMs !== undefined && leftMs > 0) {
        this.#wait(leftMs, () => delete item.notBeforeMs);
        break;
      }
      this.#items.shift();
      this.#take(item);
    }
    if (!this.#hold) this.#writeBatch();
  }

  /** Nothing goes out any more. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#pause?.cancel();
    this.#hold?.timer.cancel();
    for (const settle of this.#settled.splice(0)) settle('cut');
    this.#inPieces?.onSettled?.('cut');
    for (const { onSettled } of this.#items.splice(0)) onSettled?.('cut');
    this.#batch = [];
  }

  #take(item: Outgoing): void {
    if (item.hold) this.#startHold(item.hold);
    if (item.pieces) {
      this.#release();
      this.#inPieces = item;
      this.#writePieces(item.bytes, item.pieces, () => {
        this.#inPieces = undefined;
        this.#finish(item);
      });
      return;
    }
    if (item.bytes.length > 0) this.#batch.push(item.bytes);
    this.#finish(item);
  }

  #finish({ onSettled, ending }: Outgoing): void {
    if (onSettled) this.#settled.push(onSettled);
    if (ending) {
      this.#release();
      this.#wire.end(ending);
      this.close();
    } else if (this.#hold && --this.#hold.frames <= 0) this.#release();
  }

  #startHold({ frames, withinMs }: NonNullable<Outgoing['hold']>): void {
    this.#release();
    const timer = this.#clock.after(withinMs, () => this.#release());
    this.#hold = { frames, timer };
  }

  /** What was held goes out. */
  #release(): void {
    this.#hold?.timer.cancel();
    this.#hold = undefined;
    this.#writeBatch();
  }

  #writeBatch(): void {
    const [first, ...rest] = this.#batch;
    if (first) {
      this.#batch = [];
      this.#wire.write(rest.length === 0 ? first : Buffer.concat([first, ...rest]));
    }
    if (this.#settled.length > 0) for (const settle of this.#settled.splice(0)) settle('sent');
  }

  #writePieces(bytes: Buffer, pieces: NonNullable<Outgoing['pieces']>, done: () => void): void {
    let offset = 0;
    let turn = 0;
    const next = () => {
      const size = pieces.sizes[turn++ % pieces.sizes.length] ?? 1;
      this.#wire.write(bytes.subarray(offset, offset + size));
      offset += size;
      if (offset >= bytes.length) done();
      else this.#wait(pieces.pauseMs, next);
    };
    next();
  }

  #wait(ms: number, then: () => void): void {
    this.#pause = this.#clock.after(ms, () => {
      this.#pause = undefined;
      then();
      this.flush();
    });
  }
}
