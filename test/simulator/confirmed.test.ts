import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EppError, SessionOpenError } from '../../src/epp/session.ts';
import { openSession } from '../../src/epp/tls-session.ts';
import { CHECK, CREDENTIALS, SOON } from '../epp/session-fixture.ts';
import { ManualClock } from '../kube/manual-clock.ts';
import { eventually } from '../support/eventually.ts';
import { acmeOf, optionsFor, simulate } from './fixture.ts';

type Life =
  /** Given up so many milliseconds after the connect. */
  | { how: 'give up'; afterMs: number }
  /** Cut or closed after so many commands, with one more in flight or not. */
  | { how: 'destroy' | 'close'; commands: number; inFlight: boolean };

const life: fc.Arbitrary<Life> = fc.oneof(
  fc.record({ how: fc.constant('give up' as const), afterMs: fc.nat(60) }),
  fc.record({
    how: fc.constantFrom('destroy' as const, 'close' as const),
    commands: fc.nat(2),
    inFlight: fc.boolean(),
  }),
);

const reason = () => new EppError('enough', { kind: 'budget', outcome: 'not-sent' });

/** Lives one life against the registry. True where the registry may still count it, by what the session said. */
async function mayStillCount(options: ReturnType<typeof optionsFor>, life: Life): Promise<boolean> {
  const giveUp = new AbortController();
  if (life.how === 'give up') setTimeout(() => giveUp.abort(reason()), life.afterMs);
  try {
    const session = await openSession({ ...options, signal: giveUp.signal });
    if (life.how !== 'give up') {
      for (let sent = 0; sent < life.commands; sent++) await session.send(CHECK, SOON);
      if (life.inFlight) session.send(CHECK, SOON).catch(() => {});
    }
    if (life.how === 'close') session.close(SOON);
    else session.destroy(reason());
    return (await session.ended).close === 'unconfirmed';
  } catch (error) {
    if (error instanceof SessionOpenError) return error.close === 'unconfirmed';
    throw error;
  }
}

it('no session that is called confirmed is counted by the registry, and the limit holds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(life, { minLength: 1, maxLength: 24 }),
      fc.integer({ min: 1, max: 12 }),
      async (lives, limit) => {
        // the registry's clock stands still: what was not logged out counts for ever
        const simulator = await simulate(
          { accounts: [{ ...CREDENTIALS, sessions: limit }] },
          new ManualClock(),
        );
        const left = await Promise.all(lives.map((life) => mayStillCount(optionsFor(simulator), life)));
        const unconfirmed = left.filter(Boolean).length;
        // the registry's end of a connection is a little behind ours
        await eventually(() => acmeOf(simulator).sessions <= unconfirmed, {
          what: 'no more counted than unconfirmed',
        });
        expect(acmeOf(simulator)).toMatchObject({ overLimitAccepts: 0 });
        expect(acmeOf(simulator).highestSessions).toBeLessThanOrEqual(limit);
      },
    ),
    { numRuns: 15 },
  );
}, 60_000);
