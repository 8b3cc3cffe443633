import { beforeEach, describe, expect, it } from 'vitest';
import { type GatewayFileInput, gatewayFile } from '../../src/api/files/gateway-file.ts';
import type { Instance } from '../../src/gateway/instance.ts';
import { type SetAsk, SetChoice } from '../../src/gateway/set-choice.ts';
import { Deadlines } from '../../src/gateway/upstream/deadlines.ts';
import { ManualClock } from '../adapter/manual-clock.ts';

const OWN = 'epp.core.bj';
const FALLBACK = 'epp.core.*';
const instance = (id: string, set: string, state: Instance['state'] = 'ready'): Instance => ({
  id,
  origin: `http://${id}:1`,
  set,
  state,
  weight: 100,
  source: 'static',
});

function policy(changes: Partial<GatewayFileInput> = {}) {
  return gatewayFile.parse({
    kind: 'GatewayFile',
    name: 'g',
    prefix: 'epp',
    region: 'bj',
    discovery: { mode: 'static', sets: [] },
    businesses: [{ name: 'core', default: true }],
    routes: [{ tlds: ['com'], accounts: [{ name: 'a', accreditation: 'a' }] }],
    ...changes,
  });
}

let clock: ManualClock;
let ejected: string[];
beforeEach(() => {
  clock = new ManualClock();
  ejected = [];
});

/** @param draws one after the other, then again from the first */
function choice(
  changes: Partial<GatewayFileInput> = {},
  draws: readonly number[] = [0.1, 0.6, 0.35, 0.85, 0.7],
): SetChoice {
  let at = 0;
  return new SetChoice({
    policy: policy(changes),
    deadlines: new Deadlines(clock),
    clock,
    random: () => draws[at++ % draws.length] ?? 0,
    onEjected: ({ id }) => ejected.push(id),
    onProblems: () => {},
  });
}

const ask: Omit<SetAsk, 'nowMs'> = {
  named: undefined,
  caller: OWN,
  hashKey: undefined,
  tried: undefined,
};

/** Ids of so many choices, each once. */
function chosen(sets: SetChoice, more: Partial<SetAsk> = {}): Set<string> {
  const ids = Array.from({ length: 24 }, () => {
    const one = sets.choose({ ...ask, nowMs: clock.monotonicMs(), ...more });
    return one.ok ? `${one.instance.id} ${one.level}` : `none: ${one.reason}`;
  });
  return new Set(ids);
}

describe('an instance is chosen', () => {
  it('of the own set while one of it is usable, else of the fallback set', () => {
    const sets = choice();
    sets.takeInstances([instance('a', OWN), instance('b', OWN), instance('f', FALLBACK)]);
    expect(chosen(sets)).toEqual(new Set(['a own', 'b own']));
    expect(chosen(sets, { tried: new Set(['a']) })).toEqual(new Set(['b own']));
    expect(chosen(sets, { tried: new Set(['a', 'b']) })).toEqual(new Set(['f fallback']));
    sets.takeInstances([instance('a', OWN, 'dead'), instance('b', OWN, 'dead'), instance('f', FALLBACK)]);
    expect(chosen(sets)).toEqual(new Set(['f fallback']));
  });

  it('never beyond maxSpillPercent, also where all of the own set were tried', () => {
    const sets = choice({ fallback: { maxSpillPercent: 0 } });
    sets.takeInstances([instance('a', OWN), instance('f', FALLBACK)]);
    expect([...chosen(sets, { tried: new Set(['a']) })]).toEqual([expect.stringContaining('was tried')]);
    sets.takeInstances([instance('a', OWN, 'dead'), instance('f', FALLBACK)]);
    expect([...chosen(sets)]).toEqual([expect.stringContaining('maxSpillPercent')]);
  });

  it('and not while it is ejected, which ends by itself', () => {
    const sets = choice({ ejection: { consecutiveFailures: 2, baseTime: '30s' } });
    sets.takeInstances([instance('a', OWN), instance('b', OWN)]);
    const [a] = sets.instances;
    if (!a) throw new Error('no instance');
    sets.failed(a, false);
    sets.succeeded(a);
    sets.failed(a, false);
    expect([ejected, sets.isEjected(a)]).toEqual([[], false]);
    sets.failed(a, false);
    expect([ejected, sets.isEjected(a), chosen(sets)]).toEqual([['a'], true, new Set(['b own'])]);
    clock.advance(30_000);
    expect([sets.isEjected(a), chosen(sets)]).toEqual([false, new Set(['a own', 'b own'])]);
  });

  it('with what is under way and what was seen of it, across changes of list and policy', () => {
    const sets = choice({ ejection: { consecutiveFailures: 1 } });
    sets.takeInstances([instance('a', OWN), instance('b', OWN)]);
    const [a] = sets.instances;
    if (!a) throw new Error('no instance');
    a.outstanding = 3;
    sets.failed(a, false);
    sets.takeInstances([instance('a', OWN), instance('b', OWN), instance('c', OWN)]);
    sets.takePolicy(policy({ balancing: { policy: 'round_robin' } }));
    expect(sets.instances.find(({ id }) => id === 'a')).toBe(a);
    expect([a.outstanding, sets.isEjected(a), chosen(sets)]).toEqual([3, true, new Set(['b own', 'c own'])]);
  });

  it('by free capacity, where weights count', () => {
    const sets = choice({ balancing: { policy: 'weight' } });
    sets.takeInstances([instance('a', OWN), instance('b', OWN)]);
    for (const one of sets.instances) one.capacity = one.id === 'a' ? 30 : 10;
    const ids = Array.from({ length: 40 }, () => sets.choose({ ...ask, nowMs: clock.monotonicMs() })).map(
      (one) => one.ok && one.instance.id,
    );
    expect(ids.filter((id) => id === 'a').length).toBe(30);
  });

  it('by a key, always the same', () => {
    const sets = choice({ balancing: { policy: 'hash' } });
    sets.takeInstances([instance('a', OWN), instance('b', OWN), instance('c', OWN)]);
    for (const hashKey of ['x.com', 'y.com', 'z.com']) {
      const ids = Array.from({ length: 10 }, () =>
        sets.choose({ ...ask, nowMs: clock.monotonicMs(), hashKey }),
      ).map((one) => one.ok && one.instance.id);
      expect(new Set(ids).size).toBe(1);
    }
  });
});

it('says which sets were looked at, where there is none', () => {
  const sets = choice();
  sets.takeInstances([instance('x', 'epp.core.sh'), instance('q', 'epp.query.bj')]);
  expect([...chosen(sets)]).toEqual([
    expect.stringMatching(/epp\.core\.bj is absent, epp\.core\.\* is absent/),
  ]);
});
