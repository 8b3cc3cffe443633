/** Deadlines, withdrawals and writes of one session's commands, on a transport in memory. */
import { describe, expect, it } from 'vitest';
import type { EppError } from '../../src/epp/session.ts';
import { openScripted, turn } from './scripted-transport.ts';
import { CHECK, CREATE, CREDENTIALS } from './session-fixture.ts';

const PATIENT = { timeoutMs: 60_000 };

async function errorOf(promise: Promise<unknown>): Promise<EppError> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as EppError,
  );
}

describe('a deadline', () => {
  it('that is over is not written, and the session goes on', async () => {
    const { clock, session, transport } = await openScripted();
    const error = await errorOf(session.send(CREATE, { ...PATIENT, deadlineMs: clock.monotonicMs() }));
    expect(error).toMatchObject({ kind: 'expired', outcome: 'not-sent' });
    expect(error.message).toContain('domain:create was not sent');
    expect(transport.ids).toEqual(['TEST-1']);
    expect(session.state).toBe('idle');
  });

  it('that passes while it waits is told at once, without waiting for the reply in front', async () => {
    const { clock, session, transport } = await openScripted();
    const first = session.send(CHECK, PATIENT);
    const late = errorOf(session.send(CREATE, { ...PATIENT, deadlineMs: clock.monotonicMs() + 50 }));
    const behind = session.send(CHECK, PATIENT);
    clock.advance(50);
    expect(await late).toMatchObject({ kind: 'expired', outcome: 'not-sent' });
    transport.answer('TEST-2');
    await first;
    expect(transport.ids).toEqual(['TEST-1', 'TEST-2', 'TEST-4']);
    transport.answer('TEST-4');
    expect((await behind).results[0]?.code).toBe(1000);
  });

  it('that passed while the process was busy keeps it from being written, too', async () => {
    const { clock, session, transport } = await openScripted();
    const first = session.send(CHECK, PATIENT);
    const late = errorOf(session.send(CREATE, { ...PATIENT, deadlineMs: clock.monotonicMs() + 50 }));
    clock.skip(60);
    transport.answer('TEST-2');
    await first;
    expect(await late).toMatchObject({ kind: 'expired', outcome: 'not-sent' });
    expect(transport.ids).toEqual(['TEST-1', 'TEST-2']);
  });

  it('has no effect once it is written', async () => {
    const { clock, session, transport } = await openScripted();
    const sent = session.send(CREATE, { ...PATIENT, deadlineMs: clock.monotonicMs() + 50 });
    clock.advance(500);
    transport.answer('TEST-2');
    expect((await sent).results[0]?.code).toBe(1000);
  });
});

describe('a withdrawal', () => {
  it('before, and while it waits, leaves it unwritten', async () => {
    const { session, transport } = await openScripted();
    const withdrawn = { kind: 'withdrawn', outcome: 'not-sent' };
    expect(await errorOf(session.send(CREATE, { ...PATIENT, signal: AbortSignal.abort() }))).toMatchObject(
      withdrawn,
    );
    const first = session.send(CHECK, PATIENT);
    const abort = new AbortController();
    const waiting = errorOf(session.send(CREATE, { ...PATIENT, signal: abort.signal }));
    expect(session.waiting).toBe(1);
    abort.abort();
    expect(await waiting).toMatchObject(withdrawn);
    expect(session.waiting).toBe(0);
    transport.answer(transport.ids.at(-1) ?? '');
    await first;
    expect(transport.written.filter((xml) => xml.includes('create'))).toEqual([]);
  });

  it('after it was written has no effect', async () => {
    const { session, transport } = await openScripted();
    const abort = new AbortController();
    const sent = session.send(CREATE, { ...PATIENT, signal: abort.signal });
    abort.abort();
    transport.answer('TEST-2');
    expect((await sent).results[0]?.code).toBe(1000);
  });

  it('lets go out what a transform held back', async () => {
    const { session, transport } = await openScripted({ depth: 4 });
    const first = session.send({ ...CHECK, clTRID: 'Q-1' }, PATIENT);
    const abort = new AbortController();
    const transform = errorOf(
      session.send({ ...CREATE, clTRID: 'T-2' }, { ...PATIENT, signal: abort.signal }),
    );
    const query = session.send({ ...CHECK, clTRID: 'Q-3' }, PATIENT);
    await turn();
    expect(transport.ids).toEqual(['TEST-1', 'Q-1']);
    abort.abort();
    await transform;
    await turn();
    expect(transport.ids).toEqual(['TEST-1', 'Q-1', 'Q-3']);
    transport.answer('Q-1');
    transport.answer('Q-3');
    await Promise.all([first, query]);
  });
});

describe('the write', () => {
  it('is one for all that was sent in a turn, and none before the turn is over', async () => {
    const { session, transport } = await openScripted({ depth: 4 });
    const sent = Promise.all([1, 2, 3].map((n) => session.send({ ...CHECK, clTRID: `Q-${n}` }, PATIENT)));
    expect(transport.writes).toEqual([1]);
    await turn();
    expect(transport.writes).toEqual([1, 3]);
    for (const n of [1, 2, 3]) transport.answer(`Q-${n}`);
    await sent;
  });

  it('that the budget forbids in between leaves all of them unsent', async () => {
    let allowed = true;
    const { session, transport } = await openScripted({
      depth: 4,
      permit: { mayConnect: () => true, mayWrite: () => allowed },
    });
    const failing = [1, 2].map(() => errorOf(session.send(CHECK, PATIENT)));
    allowed = false;
    for (const error of await Promise.all(failing)) {
      expect(error).toMatchObject({ kind: 'budget', outcome: 'not-sent' });
    }
    expect(transport.writes).toEqual([1]);
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { kind: 'budget' } });
  });

  it('of a login with a new password that the budget forbids changes nothing', async () => {
    const opening = openScripted({
      credentials: { ...CREDENTIALS, newPassword: 'an0ther-pw' },
      permit: { mayConnect: () => true, mayWrite: () => false },
    });
    await expect(opening).rejects.toMatchObject({ kind: 'budget', outcome: 'not-sent' });
  });
});

describe('a reply that does not come', () => {
  it('behind a transform gives up the query alone, and the session once the transform is answered', async () => {
    const { clock, session, transport } = await openScripted({ depth: 4 });
    const transform = session.send({ ...CREATE, clTRID: 'T-1' }, { timeoutMs: 1_000 });
    const query = errorOf(session.send({ ...CHECK, clTRID: 'Q-2' }, { timeoutMs: 100 }));
    await turn();
    clock.advance(100);
    expect(await query).toMatchObject({ kind: 'timeout', outcome: 'unknown', clTRID: 'Q-2' });
    expect([session.state, session.room]).toEqual(['busy', 0]);
    const held = errorOf(session.send(CHECK, PATIENT));
    transport.answer('T-1');
    expect((await transform).results[0]?.code).toBe(1000);
    expect(await held).toMatchObject({ kind: 'timeout', outcome: 'not-sent' });
    expect(await session.ended).toMatchObject({ close: 'unconfirmed', error: { kind: 'timeout' } });
  });

  it('to a query in front ends the session for all behind it', async () => {
    const { clock, session } = await openScripted({ depth: 4 });
    const both = ['Q-1', 'Q-2'].map((clTRID, i) =>
      errorOf(session.send({ ...CHECK, clTRID }, { timeoutMs: i === 0 ? 100 : 5_000 })),
    );
    await turn();
    clock.advance(100);
    expect(await Promise.all(both)).toMatchObject([
      { kind: 'timeout', outcome: 'unknown', clTRID: 'Q-1' },
      { kind: 'timeout', outcome: 'unknown', clTRID: 'Q-2' },
    ]);
  });
});
