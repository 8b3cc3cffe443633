/** What every store of keys does: run by the tests of each. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claim, type KeyRecord, release, settle } from '../../../src/adapter/idempotency/record.ts';
import type { IdempotencyStore } from '../../../src/adapter/idempotency/store.ts';
import { aClaim, DONE, UNKNOWN } from './claims.ts';

const LONG = 60_000_000;
const step = fc.record({
  do: fc.constantFrom('claim', 'settle-done', 'settle-unknown', 'release'),
  token: fc.constantFrom('a', 'b', 'c'),
  fingerprint: fc.constantFrom('same', 'same', 'same', 'other'),
  // its time is over at once, or never
  runMs: fc.constantFrom(LONG, LONG, 0),
});

export function describeStore<S extends IdempotencyStore>(
  open: () => Promise<S> | S,
  close: (store: S) => Promise<void> = (store) => store.close(),
): void {
  describe('as every store', () => {
    let store: S;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => close(store));

    it('does what the pure record does, whatever comes in whatever order', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25, size: 'max' }), async (steps) => {
          const id = randomUUID();
          let record: KeyRecord | undefined;
          for (const { do: what, token, fingerprint, runMs } of steps) {
            const own = aClaim(token, fingerprint, runMs);
            if (what === 'claim') {
              const expected = claim(record, own, 0);
              record = expected.record;
              expect(await store.claim(id, own)).toEqual(expected.result);
            } else if (what === 'release') {
              await store.release(id, own);
              record = release(record, token, 0);
            } else {
              const settled = what === 'settle-done' ? DONE : UNKNOWN;
              await store.settle(id, own, settled);
              record = settle(record, own, settled, 0);
            }
          }
        }),
        { numRuns: 200 },
      );
    });

    it('gives a key that many ask for at once to one of them', async () => {
      const id = randomUUID();
      const claims = Array.from({ length: 50 }, (_, i) => aClaim(`t${i}`));
      const results = await Promise.all(claims.map((own) => store.claim(id, own)));
      const kinds = results.map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'new')).toHaveLength(1);
      expect(kinds.filter((kind) => kind === 'running')).toHaveLength(49);
    });

    it('keeps answers as they are', async () => {
      const id = randomUUID();
      const answer = `${'x'.repeat(100_000)} \u0000 \u{1f600} 例`;
      await store.claim(id, aClaim('a'));
      await store.settle(id, aClaim('a'), { verdict: 'done', answer });
      expect(await store.claim(id, aClaim('b'))).toEqual({ kind: 'settled', verdict: 'done', answer });
    });
  });
}
