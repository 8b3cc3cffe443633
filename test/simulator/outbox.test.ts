import { describe, expect, it } from 'vitest';
import { Outbox, type Outgoing } from '../../src/simulator/outbox.ts';
import { ManualClock } from '../kube/manual-clock.ts';

/** What goes over the wire, write by write: `ab` in one write, `!eof` for an end. */
function outboxOf() {
  const clock = new ManualClock();
  const wire: string[] = [];
  const settled: string[] = [];
  const outbox = new Outbox(
    { write: (bytes) => wire.push(bytes.toString()), end: (how) => wire.push(`!${how}`) },
    clock,
  );
  const push = (text: string, rest: Partial<Outgoing> = {}) =>
    outbox.push({ bytes: Buffer.from(text), onSettled: (how) => settled.push(`${text} ${how}`), ...rest });
  return { clock, wire, settled, outbox, push };
}

describe('an outbox', () => {
  it('writes all that is ready at once', () => {
    const { wire, settled, outbox, push } = outboxOf();
    push('a');
    push('b');
    expect(wire).toEqual([]);
    outbox.flush();
    expect(wire).toEqual(['ab']);
    expect(settled).toEqual(['a sent', 'b sent']);
  });

  it('keeps what comes after a late frame behind it', async () => {
    const { clock, wire, settled, outbox, push } = outboxOf();
    push('a');
    push('b', { notBeforeMs: 100 });
    push('c');
    outbox.flush();
    push('d', { notBeforeMs: 50 });
    outbox.flush();
    await clock.advance(99);
    expect(wire).toEqual(['a']);
    expect(settled).toEqual(['a sent']);
    await clock.advance(1);
    expect(wire).toEqual(['a', 'bcd']);
  });

  it('writes pieces apart, and the next frame after them', async () => {
    const { clock, wire, settled, outbox, push } = outboxOf();
    push('a');
    push('bcdefg', { pieces: { sizes: [1, 2], pauseMs: 10 } });
    push('h');
    outbox.flush();
    expect(wire).toEqual(['a', 'b']);
    await clock.advance(10);
    expect(wire).toEqual(['a', 'b', 'cd']);
    expect(settled).toEqual(['a sent']);
    await clock.advance(20);
    expect(wire).toEqual(['a', 'b', 'cd', 'e', 'fg', 'h']);
    expect(settled).toEqual(['a sent', 'bcdefg sent', 'h sent']);
  });

  it('holds frames until there are enough, or until the time is over', async () => {
    const { clock, wire, settled, outbox, push } = outboxOf();
    push('a', { hold: { frames: 3, withinMs: 100 } });
    outbox.flush();
    push('b');
    outbox.flush();
    expect(wire).toEqual([]);
    expect(settled).toEqual([]);
    push('c');
    push('d');
    outbox.flush();
    expect(wire).toEqual(['abc', 'd']);
    push('e', { hold: { frames: 3, withinMs: 100 } });
    outbox.flush();
    await clock.advance(100);
    expect(wire).toEqual(['abc', 'd', 'e']);
    await clock.advance(100);
    expect(wire).toHaveLength(3);
  });

  it('ends behind what was held, and cuts what comes after', () => {
    const { wire, settled, outbox, push } = outboxOf();
    push('a', { hold: { frames: 3, withinMs: 100 } });
    push('b', { ending: 'reset' });
    push('c');
    outbox.flush();
    push('d');
    outbox.flush();
    expect(wire).toEqual(['ab', '!reset']);
    expect(settled).toEqual(['a sent', 'b sent', 'c cut', 'd cut']);
  });

  it('cuts what was not written when the connection is gone', async () => {
    const { clock, wire, settled, outbox, push } = outboxOf();
    push('abcd', { pieces: { sizes: [2], pauseMs: 10 } });
    push('e', { notBeforeMs: 100 });
    outbox.flush();
    outbox.close();
    await clock.advance(1_000);
    expect(wire).toEqual(['ab']);
    expect(settled.sort()).toEqual(['abcd cut', 'e cut']);
  });

  it('writes pieces of a held frame without waiting for others', () => {
    const { wire, outbox, push } = outboxOf();
    push('a', { hold: { frames: 5, withinMs: 100 } });
    push('bc', { pieces: { sizes: [2], pauseMs: 1 } });
    outbox.flush();
    expect(wire).toEqual(['a', 'bc']);
  });
});
