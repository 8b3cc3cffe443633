import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countSlots,
  destroySlots,
  excessSlots,
  freeSlots,
  nextFreeMs,
  type SlotBook,
  slotClosing,
  slotDialled,
  slotEnded,
  slotOpened,
  takeSlot,
} from '../../src/budget/slot-book.ts';
import { clockFactor, timing } from '../../src/budget/timing.ts';

const times = { timing: timing(), quarantineMs: 150_000 };
const Q = 150_000 * clockFactor(times.timing);

const connecting = takeSlot({}, 's');
const dialled = slotDialled(connecting, 's');
const open = slotOpened(dialled, 's');
const closing = slotClosing(open, 's');

describe('the life of a slot', () => {
  it('counts from before connect() until it is free', () => {
    for (const book of [connecting, dialled, open, closing]) expect(countSlots(book).occupied).toBe(1);
  });

  it.each([
    { from: 'connecting, not dialled', book: connecting, how: 'never-connected', to: undefined },
    // The pool says that connect() was not called, but it was allowed to call it: not believed.
    { from: 'dialled', book: dialled, how: 'never-connected', to: { at: 'unconfirmed', untilMs: 1_000 + Q } },
    { from: 'dialled', book: dialled, how: 'confirmed', to: { at: 'linger', untilMs: 3_000 } },
    { from: 'dialled', book: dialled, how: 'unconfirmed', to: { at: 'unconfirmed', untilMs: 1_000 + Q } },
    { from: 'open', book: open, how: 'unconfirmed', to: { at: 'unconfirmed', untilMs: 1_000 + Q } },
    // Without a logout there is no answer to one.
    { from: 'open', book: open, how: 'confirmed', to: { at: 'unconfirmed', untilMs: 1_000 + Q } },
    { from: 'closing', book: closing, how: 'confirmed', to: { at: 'linger', untilMs: 3_000 } },
    { from: 'closing', book: closing, how: 'unconfirmed', to: { at: 'unconfirmed', untilMs: 1_000 + Q } },
  ] as const)('$from, ended $how', ({ book, how, to }) => {
    expect(slotEnded(book, 's', how, 1_000, times).s).toEqual(to);
  });

  it('ends once: what was quarantined is not freed by a later word', () => {
    const ended = slotEnded(closing, 's', 'unconfirmed', 1_000, times);
    expect(slotEnded(ended, 's', 'confirmed', 2_000, times)).toBe(ended);
    expect(slotOpened(ended, 's')).toBe(ended);
    expect(slotClosing(ended, 's')).toBe(ended);
  });

  it('is free after the linger, or after the quarantine', () => {
    const lingers = slotEnded(closing, 's', 'confirmed', 1_000, times);
    expect(nextFreeMs(lingers)).toBe(3_000);
    expect(freeSlots(lingers, 2_999)).toBe(lingers);
    expect(freeSlots(lingers, 3_000)).toEqual({});
    const quarantined = slotEnded(open, 's', 'unconfirmed', 0, times);
    expect(freeSlots(quarantined, Q - 1)).toBe(quarantined);
    expect(freeSlots(quarantined, Q)).toEqual({});
  });

  it('is not freed by the destruction of its socket', () => {
    const book: SlotBook = {
      ...takeSlot(slotEnded(closing, 's', 'confirmed', 0, times), 'new'),
      open: { at: 'open' },
    };
    const { book: left, revoked } = destroySlots(book, 500, times);
    expect(revoked.sort()).toEqual(['new', 'open']);
    expect(left).toEqual({
      s: { at: 'linger', untilMs: 2_000 },
      open: { at: 'unconfirmed', untilMs: 500 + Q },
    });
  });
});

describe('excessSlots', () => {
  it.each([
    { counts: { connecting: 0, open: 5, closing: 0, linger: 0, unconfirmed: 0 }, slots: 3, excess: 2 },
    // Two are on their way out already.
    { counts: { connecting: 0, open: 3, closing: 1, linger: 1, unconfirmed: 0 }, slots: 3, excess: 0 },
    // What is in quarantine stays for long: others make room for it.
    { counts: { connecting: 1, open: 3, closing: 0, linger: 0, unconfirmed: 2 }, slots: 3, excess: 3 },
    { counts: { connecting: 0, open: 1, closing: 0, linger: 0, unconfirmed: 9 }, slots: 3, excess: 1 },
  ])('$counts within $slots: $excess to give back', ({ counts, slots, excess }) => {
    const occupied = Object.values(counts).reduce((sum, n) => sum + n, 0);
    expect(excessSlots({ ...counts, occupied }, slots)).toBe(excess);
  });

  it('leaves no more than the grant in the end, as far as that is ours to do', () => {
    const n = fc.nat(20);
    fc.assert(
      fc.property(n, n, n, n, (connecting, open, unconfirmed, slots) => {
        const occupied = connecting + open + unconfirmed;
        const excess = excessSlots({ connecting, open, unconfirmed, closing: 0, linger: 0, occupied }, slots);
        expect(occupied - excess).toBeLessThanOrEqual(Math.max(slots, unconfirmed));
      }),
    );
  });
});
