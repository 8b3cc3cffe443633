import { expect, it } from 'vitest';
import { seededRandom } from '../../../src/lib/seeded-random.ts';
import { FAULT_KINDS, faults } from '../../../src/simulator/faults/options.ts';
import { randomAction } from '../../../src/simulator/faults/random.ts';

const settings = (kinds?: string[]) => {
  const { random } = faults.parse({ random: { seed: 1, rate: 1, maxMs: 500, ...(kinds ? { kinds } : {}) } });
  if (!random) throw new Error('no random faults');
  return random;
};

it.each(['domain:create', 'login', 'greeting'])('for %s: each is what a rule could ask for', (command) => {
  const random = seededRandom(4);
  const actions = Array.from({ length: 3_000 }, () => randomAction(command, settings(), random));
  const again = faults.parse({ rules: actions.slice(0, 1_000).map((action) => ({ do: action })) });
  expect(again.rules.map((rule) => rule.do)).toEqual(actions.slice(0, 1_000));
  const kinds = new Set(actions.map((action) => action?.kind));
  if (command === 'greeting') expect(kinds).not.toContain('wrongClTRID');
  else expect([...kinds].sort()).toEqual([...FAULT_KINDS].sort());
  for (const action of actions) {
    // a client could not know better
    if (action?.kind === 'result') {
      expect(action.executed).toBe(false);
      if (command === 'login') expect([2200, 2501]).not.toContain(action.code);
    }
    if (action?.kind === 'late' || action?.kind === 'slowRead') expect(action.ms).toBeLessThanOrEqual(500);
  }
});

it('does nothing where no kind fits', () => {
  expect(randomAction('greeting', settings(['merge']), Math.random)).toBeUndefined();
});
