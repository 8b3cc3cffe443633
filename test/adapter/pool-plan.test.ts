import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PlannedConnection, planPool } from '../../src/adapter/pool-plan.ts';
import type { LoginPermission } from '../../src/budget/connection-budget.ts';

type Sketch = PlannedConnection & { id: string };

/** `i` idle, `q` busy with a query, `t` busy with a transform, `o` opening, `c` closing; `~` due soon, `!` due now, `-` retiring. */
function connections(sketch: string): Sketch[] {
  const states = { i: 'idle', q: 'busy', t: 'busy', o: 'opening', c: 'closing' } as const;
  return sketch
    .split(' ')
    .filter(Boolean)
    .map((word, index) => ({
      id: `${index}${word}`,
      state: states[word[0] as keyof typeof states],
      transform: word[0] === 't',
      retiring: word.includes('-'),
      due: word.includes('!') ? 'now' : word.includes('~') ? 'soon' : 'no',
    }));
}

interface Case {
  what: string;
  has?: string;
  preparing?: number;
  queued?: number;
  cap: number;
  occupied?: number;
  excess?: number;
  logins?: LoginPermission;
  open: number;
  retire?: string[];
}

const cases: Case[] = [
  { what: 'opens one to be ready', cap: 10, open: 1 },
  { what: 'opens none without a grant', cap: 0, open: 0 },
  { what: 'keeps to one while idle', has: 'i', cap: 10, open: 0 },
  { what: 'waits for the one that opens', has: 'o', cap: 10, open: 0 },
  { what: 'waits for the one that is prepared', preparing: 1, cap: 10, open: 0 },
  { what: 'has one more than is at work', has: 'q', cap: 10, open: 1 },
  { what: 'opens for all that wait at once', has: 'q', queued: 5, cap: 10, open: 6 },
  { what: 'counts those under way', has: 'q o', preparing: 2, queued: 5, cap: 10, open: 3 },
  { what: 'stops at the cap', has: 'q q', queued: 50, cap: 4, open: 2 },
  { what: 'stops where slots still count', has: 'q q', queued: 50, cap: 4, occupied: 4, open: 0 },
  { what: 'does not close idle ones without need', has: 'i i i i', cap: 10, open: 0 },
  {
    what: 'gives idle ones back first',
    has: 'q i t i',
    cap: 2,
    occupied: 4,
    excess: 2,
    open: 0,
    retire: ['1i', '3i'],
  },
  {
    what: 'then opening, then queries, then transforms',
    has: 't q o',
    cap: 0,
    excess: 3,
    open: 0,
    retire: ['2o', '1q', '0t'],
  },
  { what: 'of idle ones the due one', has: 'i i~', cap: 1, occupied: 2, excess: 1, open: 0, retire: ['1i~'] },
  {
    what: 'counts those on their way out',
    has: 'q- t i',
    cap: 2,
    occupied: 3,
    excess: 1,
    open: 0,
    retire: [],
  },
  { what: 'leaves closing ones alone', has: 'c i', cap: 1, occupied: 2, excess: 0, open: 0, retire: [] },
  { what: 'opens the successor of a due one first', has: 'i~', cap: 2, open: 1, retire: [] },
  { what: 'closes a due one when its successor is there', has: 'i~ i', cap: 2, open: 0, retire: ['0i~'] },
  { what: 'without room for two closes a due one', has: 'i~', cap: 1, open: 0, retire: ['0i~'] },
  { what: 'without room closes due ones one at a time', has: 'i~ i~ i~', cap: 3, open: 0, retire: ['0i~'] },
  { what: 'without room waits while another is on its way', has: 'i~ q- i~', cap: 3, open: 0, retire: [] },
  { what: 'closes every overdue one', has: 'i! i! i~', cap: 3, open: 0, retire: ['0i!', '1i!'] },
  {
    what: 'closes an overdue one even before its successor is there',
    has: 'i!',
    cap: 2,
    open: 1,
    retire: ['0i!'],
  },
  { what: 'opens none without a word for it', queued: 5, cap: 10, logins: 'none', open: 0 },
  {
    what: 'keeps what is logged in, whatever its age, while nobody may log in',
    has: 'i! q! i~',
    cap: 3,
    logins: 'none',
    open: 0,
  },
  {
    what: 'gives back what is wanted all the same',
    has: 'i q',
    cap: 1,
    occupied: 2,
    excess: 1,
    logins: 'none',
    open: 0,
    retire: ['0i'],
  },
  { what: 'proves by one login, without any demand', has: 'i i', cap: 10, logins: 'prove', open: 1 },
  { what: 'proves by one login, whatever waits', queued: 9, cap: 10, logins: 'prove', open: 1 },
  { what: 'proves one at a time', has: 'o', queued: 9, cap: 10, logins: 'prove', open: 0 },
  {
    what: 'proves one at a time, from its preparation on',
    preparing: 1,
    queued: 9,
    cap: 10,
    logins: 'prove',
    open: 0,
  },
  {
    what: 'gives an idle one back to prove without room',
    has: 't i q',
    cap: 3,
    logins: 'prove',
    open: 0,
    retire: ['1i'],
  },
  {
    what: 'waits for the one that leaves',
    has: 't q c',
    cap: 3,
    logins: 'prove',
    open: 0,
  },
  {
    what: 'waits for the one that lingers',
    has: 'i i',
    cap: 3,
    occupied: 3,
    logins: 'prove',
    open: 0,
  },
  { what: 'cannot prove without a grant', cap: 0, logins: 'prove', open: 0 },
  { what: 'gives an overdue one at work no more of it', has: 'q! q~', cap: 9, open: 3, retire: ['0q!'] },
  { what: 'lets a transform end before it looks at the age', has: 't! t~', cap: 9, open: 3, retire: [] },
];

describe('pool plan', () => {
  it.each(cases)(
    '$what',
    ({
      has = '',
      preparing = 0,
      queued = 0,
      cap,
      excess = 0,
      logins = 'all',
      open,
      retire = [],
      ...rest
    }) => {
      const all = connections(has);
      const plan = planPool({
        connections: all,
        preparing,
        queued,
        cap,
        excess,
        logins,
        occupied: rest.occupied ?? all.length,
      });
      expect({ open: plan.open, retire: plan.retire.map(({ id }) => id) }).toEqual({ open, retire });
    },
  );

  const connection = fc.record({
    state: fc.constantFrom('opening', 'idle', 'busy', 'closing', 'gone'),
    retiring: fc.boolean(),
    transform: fc.boolean(),
    due: fc.constantFrom('no', 'soon', 'now'),
  }) as fc.Arbitrary<PlannedConnection>;
  const view = fc
    .record({
      connections: fc.array(connection, { maxLength: 12 }),
      preparing: fc.nat(3),
      queued: fc.nat(20),
      cap: fc.nat(12),
      unconfirmed: fc.nat(3),
      excess: fc.nat(6),
      logins: fc.constantFrom('all', 'prove', 'none') as fc.Arbitrary<LoginPermission>,
    })
    .map(({ unconfirmed, ...v }) => ({
      ...v,
      occupied: v.connections.filter(({ state }) => state !== 'gone').length + unconfirmed,
    }));

  it('never plans beyond the cap, never retires twice, gives back what is asked where it can', () => {
    fc.assert(
      fc.property(view, (v) => {
        const plan = planPool(v);
        expect(plan.open).toBeGreaterThanOrEqual(0);
        if (plan.open > 0) expect(v.occupied + v.preparing + plan.open).toBeLessThanOrEqual(v.cap);
        expect(new Set(plan.retire).size).toBe(plan.retire.length);
        const serving = v.connections.filter(
          (c) => !c.retiring && c.state !== 'gone' && c.state !== 'closing',
        );
        for (const c of plan.retire) expect(serving).toContain(c);
        const leaving = v.connections.filter(
          (c) => c.retiring && c.state !== 'gone' && c.state !== 'closing',
        ).length;
        expect(plan.retire.length).toBeGreaterThanOrEqual(Math.min(v.excess - leaving, serving.length));
        // a transform in flight is told to leave only when everything else has been
        if (plan.retire.some((c) => c.state === 'busy' && c.transform)) {
          expect(serving.filter((c) => c.state === 'idle' && !plan.retire.includes(c))).toEqual([]);
        }
      }),
    );
  });

  it('wants something whenever requests wait, slots are free and nothing is under way', () => {
    fc.assert(
      fc.property(view, (v) => {
        const plan = planPool(v);
        const coming =
          v.preparing + v.connections.filter((c) => c.state === 'opening' || c.state === 'idle').length;
        if (
          v.logins !== 'none' &&
          v.queued > 0 &&
          v.excess === 0 &&
          coming === 0 &&
          v.cap > v.occupied + v.preparing
        ) {
          expect(plan.open).toBeGreaterThan(0);
        }
      }),
    );
  });
});
