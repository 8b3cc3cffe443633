import { describe, expect, it } from 'vitest';
import { faults } from '../../../src/simulator/faults/options.ts';
import { type FaultEvent, FaultPlan } from '../../../src/simulator/faults/plan.ts';

const MUTE = { kind: 'mute' } as const;
const planOf = (input: Parameters<typeof faults.parse>[0]) => new FaultPlan(faults.parse(input));
const event = (command: string, names: string[] = [], clientId = 'acme'): FaultEvent => ({
  command,
  clientId,
  names,
});

/** Which of `count` equal events have a fault, counted from 1. */
function faulty(plan: FaultPlan, count: number, of: FaultEvent = event('domain:create')): number[] {
  return Array.from({ length: count }, (_, i) => i + 1).filter(() => plan.pick(of) !== undefined);
}

describe('a rule', () => {
  it.each([
    [{ at: 3 }, [3]],
    [{ at: [1, 4] }, [1, 4]],
    [{ every: 3 }, [3, 6, 9]],
    [{ first: 2 }, [1, 2]],
    [undefined, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ])('with nth %j does what it should do', (nth, expected) => {
    const when = nth ? { nth } : {};
    expect(faulty(planOf({ rules: [{ when, do: MUTE }] }), 10)).toEqual(expected);
  });

  it.each([
    [{ command: 'domain:create' }, event('domain:create'), true],
    [{ command: 'domain:create' }, event('domain:check'), false],
    [{ clientId: 'acme' }, event('poll'), true],
    [{ clientId: 'other' }, event('poll'), false],
    [{ names: ['A.com', 'b.com'] }, event('domain:check', ['x.com', 'a.com']), true],
    [{ names: ['a.com'] }, event('domain:check', ['aa.com']), false],
    [{}, event('login'), true],
    [{}, event('greeting'), false],
    [{ command: 'greeting' }, event('greeting'), true],
    [{ probability: 0 }, event('poll'), false],
  ])('when %j, of %j: %j', (when, of, fires) => {
    expect(planOf({ rules: [{ when, do: MUTE }] }).pick(of) !== undefined).toBe(fires);
  });

  it('counts only what fits it', () => {
    const plan = planOf({ rules: [{ when: { command: 'domain:create', nth: { at: 2 } }, do: MUTE }] });
    const seen = ['domain:check', 'domain:create', 'domain:check', 'domain:create'].map((command) =>
      plan.pick(event(command)),
    );
    expect(seen.map((fault) => fault !== undefined)).toEqual([false, false, false, true]);
  });

  it('stands back behind one before it, and counts all the same', () => {
    const plan = planOf({
      rules: [
        { when: { nth: { at: 1 } }, do: { kind: 'eof' } },
        { when: { nth: { first: 2 } }, do: MUTE },
      ],
    });
    const kinds = [1, 2, 3].map(() => plan.pick(event('poll'))?.kind);
    expect(kinds).toEqual(['eof', 'mute', undefined]);
    expect(plan.done).toEqual(
      new Map([
        ['eof', 1],
        ['mute', 1],
      ]),
    );
  });

  it('draws its probability from the seed', () => {
    const draw = (seed: number) =>
      faulty(planOf({ seed, rules: [{ when: { probability: 0.3 }, do: MUTE }] }), 1_000);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(1).length).toBeGreaterThan(200);
    expect(draw(1).length).toBeLessThan(400);
  });
});

describe('the simple fields', () => {
  it.each([
    [{ greeting: 'mute' }, { greeting: 'mute' }],
    [{ greeting: 'close' }, { greeting: 'eof' }],
    [{ login: 'mute' }, { login: 'mute' }],
    [{ login: 'close' }, { login: 'eof' }],
    [{ lostReplies: 1 }, { poll: 'mute', 'domain:create': 'mute' }],
    [{ overLimit: 'close' }, {}],
  ] as const)('%j', (fields, expected) => {
    const plan = planOf(fields);
    const commands = ['greeting', 'hello', 'login', 'logout', 'poll', 'domain:create'];
    const picked = commands.flatMap((command) => {
      const kind = plan.pick(event(command))?.kind;
      return kind ? [[command, kind]] : [];
    });
    expect(Object.fromEntries(picked)).toEqual(expected);
  });
});

describe('random faults', () => {
  it('come at their rate, the same for the same seed', () => {
    const draw = (seed: number) => {
      const plan = planOf({ random: { seed, rate: 0.2 } });
      return Array.from({ length: 1_000 }, () => plan.pick(event('domain:create')));
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const count = draw(7).filter(Boolean).length;
    expect(count).toBeGreaterThan(130);
    expect(count).toBeLessThan(270);
  });

  it('can be switched on and off, and leave the rules alone', () => {
    const plan = planOf({ rules: [{ when: { nth: { at: 3 } }, do: MUTE }] });
    expect(faulty(plan, 2)).toEqual([]);
    const { random } = faults.parse({ random: { seed: 1, rate: 1, kinds: ['split'] } });
    plan.change({ random });
    expect([1, 2].map(() => plan.pick(event('poll'))?.kind)).toEqual(['mute', 'split']);
    plan.change({ random: null });
    expect(faulty(plan, 20)).toEqual([]);
    expect(plan.quiet).toBe(false);
    plan.change({ rules: [] });
    expect(plan.quiet).toBe(true);
  });

  it('begin to count anew with new rules', () => {
    const plan = planOf({ rules: [{ when: { nth: { at: 1 } }, do: MUTE }] });
    expect(faulty(plan, 3)).toEqual([1]);
    plan.change(plan.settings);
    expect(faulty(plan, 3)).toEqual([1]);
  });
});
