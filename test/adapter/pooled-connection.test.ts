import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { connectionLife } from '../../src/adapter/connection-life.ts';
import { PooledConnection } from '../../src/adapter/pooled-connection.ts';
import type { Slot } from '../../src/budget/connection-budget.ts';
import { EppError, type EppSession, SessionOpenError } from '../../src/epp/session.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedSession } from './scripted-session.ts';
import { unlimitedRate } from './unlimited-rate.ts';

const FOREVER = { softAgeMs: 1e12, hardAgeMs: 1e12, softCommands: 0, hardCommands: 0 };
const lost = new EppError('lost', { kind: 'closed', outcome: 'not-sent' });

function setUp(life = FOREVER) {
  const clock = new ManualClock();
  const events: string[] = [];
  const revoke = new AbortController();
  const opening = Promise.withResolvers<EppSession>();
  const slot: Slot = {
    account: 'a',
    mayConnect: () => true,
    mayWrite: () => true,
    revoked: revoke.signal,
    opened: () => events.push('slot opened'),
    closing: () => events.push('slot closing'),
    ended: (how) => events.push(`slot ${how}`),
  };
  const rate = unlimitedRate();
  const connection = new PooledConnection({
    slot,
    rate,
    login: rate.holdAnyway(),
    connect: () => opening.promise,
    abortOpening: (reason) => opening.reject(new SessionOpenError('unconfirmed', reason)),
    life,
    depth: 1,
    closeMs: 5_000,
    clock,
    listener: {
      onOpened: () => events.push('opened'),
      onCommandEnd: () => events.push('command end'),
      onEnd: (_, { opened, error }) => events.push(`end opened=${opened} error=${error?.kind}`),
      onGone: () => events.push('gone'),
    },
  });
  const session = new ScriptedSession(clock.monotonicMs());
  const open = async () => {
    opening.resolve(session);
    await nextTurn();
  };
  const run = (transform: boolean) => connection.run({ command: 'x', body: {} }, { transform, timeoutMs: 1 });
  return { clock, events, revoke, opening, connection, session, open, run };
}

describe('pooled connection', () => {
  it('opens, works, closes in order, and tells its slot each step once', async () => {
    const { connection, events, session, open, run } = setUp();
    expect([connection.state, connection.loggedIn]).toEqual(['opening', false]);
    await open();
    expect([connection.state, connection.loggedIn]).toEqual(['idle', true]);
    const reply = run(true);
    expect([connection.state, connection.transform]).toEqual(['busy', true]);
    session.answer();
    expect((await reply).results[0]?.code).toBe(1000);
    expect([connection.state, connection.transform]).toEqual(['idle', false]);
    connection.retire();
    connection.retire();
    expect([connection.state, session.closeAsked]).toEqual(['closing', 1]);
    session.finishClose();
    await nextTurn();
    connection.destroy(lost);
    expect(connection.state).toBe('gone');
    expect(events).toEqual([
      'slot opened',
      'opened',
      'command end',
      'slot closing',
      'end opened=true error=undefined',
      'slot confirmed',
      'gone',
    ]);
  });

  it.each(['never-connected', 'confirmed', 'unconfirmed'] as const)(
    'that fails to open leaves its slot %s',
    async (close) => {
      const { connection, events, opening } = setUp();
      opening.reject(
        new SessionOpenError(close, new EppError('no', { kind: 'connect', outcome: 'not-sent' })),
      );
      await nextTurn();
      expect(connection.state).toBe('gone');
      expect(events).toEqual(['end opened=false error=connect', `slot ${close}`, 'gone']);
    },
  );

  it('that fails in an unforeseen way leaves its slot taken for the quarantine', async () => {
    const { events, opening } = setUp();
    opening.reject(new TypeError('bug'));
    await nextTurn();
    expect(events).toEqual(['end opened=false error=connect', 'slot unconfirmed', 'gone']);
  });

  it('that is lost under a command fails the command, then leaves', async () => {
    const { events, session, open, run } = setUp();
    await open();
    const reply = run(true);
    session.lose(lost);
    await expect(reply).rejects.toMatchObject({ outcome: 'unknown' });
    await nextTurn();
    expect(events.slice(2)).toEqual(
      expect.arrayContaining(['command end', 'end opened=true error=closed', 'slot unconfirmed', 'gone']),
    );
  });

  it('retires after its command, and a transform is never cut', async () => {
    const { clock, connection, session, open, run } = setUp();
    await open();
    const reply = run(true);
    connection.retire({ cutQueryAfterMs: 5_000 });
    clock.advance(60_000);
    expect(session.destroyedBy).toBeUndefined();
    session.answer();
    await reply;
    expect([connection.state, session.closeAsked]).toEqual(['closing', 1]);
  });

  it('retiring cuts a query that takes too long', async () => {
    const { clock, connection, session, open, run } = setUp();
    await open();
    const reply = run(false);
    connection.retire({ cutQueryAfterMs: 5_000 });
    clock.advance(4_999);
    expect(session.destroyedBy).toBeUndefined();
    clock.advance(1);
    expect(session.destroyedBy?.kind).toBe('budget');
    await expect(reply).rejects.toMatchObject({ outcome: 'unknown' });
  });

  it('retiring does not cut the query that was answered in time', async () => {
    const { clock, connection, session, open, run } = setUp();
    await open();
    const reply = run(false);
    connection.retire({ cutQueryAfterMs: 5_000 });
    session.answer();
    await reply;
    clock.advance(60_000);
    expect([session.destroyedBy, session.closeAsked]).toEqual([undefined, 1]);
  });

  it('retired while it opens closes after its login', async () => {
    const { connection, events, session, open } = setUp();
    connection.retire();
    expect(connection.state).toBe('opening');
    await open();
    expect([connection.state, session.closeAsked]).toEqual(['closing', 1]);
    expect(events).toEqual(['slot opened', 'slot closing', 'opened']);
  });

  it('revoked is destroyed', async () => {
    const { connection, revoke, session, open } = setUp();
    await open();
    revoke.abort();
    expect(session.destroyedBy?.kind).toBe('budget');
    await nextTurn();
    expect(connection.state).toBe('gone');
  });

  it('revoked while it opens is given up', async () => {
    const { connection, events, revoke } = setUp();
    revoke.abort();
    await nextTurn();
    expect(connection.state).toBe('gone');
    expect(events).toEqual(['end opened=false error=budget', 'slot unconfirmed', 'gone']);
  });

  it.each([2002, 2500, 2501, 2502])('answered %d is used no more', async (code) => {
    const { connection, session, open, run } = setUp();
    await open();
    const reply = run(false);
    session.answer(code);
    await reply;
    expect(connection.state).toBe('closing');
  });

  it.each([1000, 2001, 2303, 2400])('answered %d serves on', async (code) => {
    const { connection, session, open, run } = setUp();
    await open();
    const reply = run(false);
    session.answer(code);
    await reply;
    expect(connection.state).toBe('idle');
  });

  it('is due by its age', async () => {
    const { clock, connection, open } = setUp({ ...FOREVER, softAgeMs: 900, hardAgeMs: 1_000 });
    expect(connection.due).toBe('no');
    await open();
    clock.advance(899);
    expect(connection.due).toBe('no');
    clock.advance(1);
    expect(connection.due).toBe('soon');
    clock.advance(100);
    expect(connection.due).toBe('now');
  });

  it('is due by its commands', async () => {
    const { connection, session, open } = setUp({ ...FOREVER, softCommands: 9, hardCommands: 10 });
    await open();
    const due = [8, 9, 10, 11].map((commands) => {
      session.commands = commands;
      return connection.due;
    });
    expect(due).toEqual(['no', 'soon', 'now', 'now']);
  });
});

describe('life of a connection', () => {
  it.each([
    [100, 0, 0, { hardAgeMs: 100_000, softAgeMs: 90_000, hardCommands: 0, softCommands: 0 }],
    [100, 0, 0.999_999, { hardAgeMs: 100_000, hardCommands: 0, softCommands: 0 }],
    [100, 1_000, 0, { hardCommands: 999, softCommands: 899 }],
    [100, 3, 0, { hardCommands: 2, softCommands: 2 }],
    [100, 1, 0, { hardCommands: 2, softCommands: 2 }],
  ])('of %d s and %d commands, random %d', (maxAgeSeconds, maxCommandsPerConnection, random, expected) => {
    const life = connectionLife({ maxAgeSeconds, maxCommandsPerConnection }, () => random);
    expect(life).toMatchObject(expected);
    expect(life.softAgeMs).toBeLessThanOrEqual(life.hardAgeMs);
  });
});
