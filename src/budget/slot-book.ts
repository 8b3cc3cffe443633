import type { SlotEnd } from './connection-budget.ts';
import { clockFactor, type Timing } from './timing.ts';

/**
 * The life of a slot: one connection that may exist at the registry. Everything but free counts against the cap.
 *
 *                       never-connected: connect() was not called
 *             +-------------------------------------------------------------> free
 *             |                                                                ^
 *   free --> connecting --> open --> closing --- confirmed ---> linger --2 s---+
 *             |              |         |                                       |
 *             +--------------+---------+-- anything else ----> unconfirmed --Q-+
 *
 * Confirmed: logout was answered, or connect or login refused, and the peer's FIN or RST was seen. Anything else, an aborted connect among
 * it, may still be counted by the registry.
 */
export type SlotState =
  /** `dialled`: connect() may have been called. */
  | { at: 'connecting'; dialled: boolean }
  | { at: 'open' }
  | { at: 'closing' }
  | { at: 'linger' | 'unconfirmed'; untilMs: number };

/** The slots of one account that count, by id; what is free is not in it. Never changed, always replaced. */
export type SlotBook = Readonly<Record<string, SlotState>>;

export interface SlotTimes {
  readonly timing: Timing;
  /** Q of the account. */
  readonly quarantineMs: number;
}

export interface SlotCounts {
  connecting: number;
  open: number;
  closing: number;
  linger: number;
  unconfirmed: number;
  /** All of them. */
  occupied: number;
}

export function countSlots(book: SlotBook): SlotCounts {
  const counts: SlotCounts = { connecting: 0, open: 0, closing: 0, linger: 0, unconfirmed: 0, occupied: 0 };
  for (const { at } of Object.values(book)) {
    counts[at] += 1;
    counts.occupied += 1;
  }
  return counts;
}

/** Connections that must still be closed by us, so that no more than `slots` count in the end. Those on their way out are not asked again. */
export function excessSlots({ connecting, open, unconfirmed }: SlotCounts, slots: number): number {
  const live = connecting + open;
  return Math.min(live, Math.max(0, live + unconfirmed - slots));
}

export const takeSlot = (book: SlotBook, slot: string): SlotBook => ({
  ...book,
  [slot]: { at: 'connecting', dialled: false },
});

export function slotDialled(book: SlotBook, slot: string): SlotBook {
  return book[slot]?.at === 'connecting' ? { ...book, [slot]: { at: 'connecting', dialled: true } } : book;
}

export function slotOpened(book: SlotBook, slot: string): SlotBook {
  return book[slot]?.at === 'connecting' ? { ...book, [slot]: { at: 'open' } } : book;
}

export function slotClosing(book: SlotBook, slot: string): SlotBook {
  const at = book[slot]?.at;
  return at === 'connecting' || at === 'open' ? { ...book, [slot]: { at: 'closing' } } : book;
}

/** The first end counts; a slot that was revoked has ended already. */
export function slotEnded(
  book: SlotBook,
  slot: string,
  how: SlotEnd,
  nowMs: number,
  times: SlotTimes,
): SlotBook {
  const state = book[slot];
  if (state === undefined || state.at === 'linger' || state.at === 'unconfirmed') return book;
  const untouched = state.at === 'connecting' && !state.dialled;
  if (how === 'never-connected' && untouched) return without(book, slot);
  // An open session ends in order only by a logout. One that never opened may have been refused: by a RST to our SYN, or by an answer to
  // the login and the peer's FIN; then the registry counts nothing either.
  if (how === 'confirmed' && state.at !== 'open')
    return { ...book, [slot]: { at: 'linger', untilMs: nowMs + times.timing.lingerMs } };
  return { ...book, [slot]: unconfirmed(nowMs, times) };
}

const unconfirmed = (nowMs: number, { timing, quarantineMs }: SlotTimes): SlotState => ({
  at: 'unconfirmed',
  untilMs: nowMs + quarantineMs * clockFactor(timing),
});

/** Frees what has lingered or been quarantined long enough. The same book when there is nothing to free. */
export function freeSlots(book: SlotBook, nowMs: number): SlotBook {
  const over = Object.entries(book).filter(([, state]) => 'untilMs' in state && nowMs >= state.untilMs);
  return over.reduce((left, [slot]) => without(left, slot), book);
}

/** Every connection is destroyed now: what was dialled may still be counted by the registry. */
export function destroySlots(
  book: SlotBook,
  nowMs: number,
  times: SlotTimes,
): { book: SlotBook; revoked: string[] } {
  const revoked = liveSlots(book);
  let left = book;
  for (const slot of revoked) left = slotEnded(left, slot, 'never-connected', nowMs, times);
  return { book: left, revoked };
}

/** Connections that are ours to use or to close. */
export function liveSlots(book: SlotBook): string[] {
  return Object.keys(book).filter((slot) => !('untilMs' in book[slot]!));
}

/** When the next slot becomes free by itself. */
export function nextFreeMs(book: SlotBook): number {
  let next = Number.POSITIVE_INFINITY;
  for (const state of Object.values(book)) if ('untilMs' in state) next = Math.min(next, state.untilMs);
  return next;
}

function without(book: SlotBook, slot: string): SlotBook {
  const { [slot]: _, ...left } = book;
  return left;
}
