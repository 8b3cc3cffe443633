import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSetName } from '../../src/routing/set-name.ts';
import { type RoutableInstance, type SetQuery, SetRouter } from '../../src/routing/set-router.ts';
import { answerOf, routeOf } from './set-case.ts';
import { NO_SHARED_CASES, SHARED_CASES } from './shared-set-cases.ts';

interface Named extends RoutableInstance {
  id: string;
}

const DEFAULTS = { mode: 'default', strict: false, recoverAll: false } as const;

let made = 0;
/** `epp.core.bj`, `epp.core.bj!` dead, `epp.core.bj~` draining, `epp.core.bj-` without the flag; `none` of no set. */
function instance(written: string): Named {
  const [, set = '', mark] = /^(.*?)([!~-]?)$/.exec(written) ?? [];
  return {
    id: `${written}#${made++}`,
    set: set === 'none' ? undefined : set,
    state: mark === '!' ? 'dead' : mark === '~' ? 'draining' : 'ready',
    enableSet: mark !== '-' && set !== 'none',
  };
}

function route(instances: string, query: SetQuery, options: Partial<typeof DEFAULTS | object> = {}) {
  const router = new SetRouter(instances.split(' ').filter(Boolean).map(instance), {
    ...DEFAULTS,
    ...options,
  });
  const { level, candidates, ...rest } = router.route(query);
  return {
    ...rest,
    level,
    served: candidates.map(({ id }) => id.split('#')[0]).join(' '),
    reason: rest.ok ? '' : rest.reason,
  };
}

const BJ = { caller: 'epp.core.bj' };

describe('default mode', () => {
  it.each([
    ['own set', 'epp.core.bj epp.core.* epp.core.gz', BJ, 'own', 'epp.core.bj'],
    ['all of the own set', 'epp.core.bj epp.core.bj epp.core.bj!', BJ, 'own', 'epp.core.bj epp.core.bj'],
    ['absent: fallback', 'epp.core.* epp.core.gz', BJ, 'fallback', 'epp.core.*'],
    ['draining: fallback', 'epp.core.bj~ epp.core.*', BJ, 'fallback', 'epp.core.*'],
    ['dead: fallback', 'epp.core.bj! epp.core.*', BJ, 'fallback', 'epp.core.*'],
    ['siblings never', 'epp.core.gz epp.query.* alt.core.bj none', BJ, 'none', ''],
    ['named', 'epp.core.bj epp.core.gz', { named: 'epp.core.gz', ...BJ }, 'named', 'epp.core.gz'],
    ['named *', 'epp.core.bj epp.core.*', { named: 'epp.core.*' }, 'named', 'epp.core.*'],
    ['named and absent', 'epp.core.bj epp.core.*', { named: 'epp.core.gz', ...BJ }, 'none', ''],
    ['named and dead', 'epp.core.bj! epp.core.*', { named: 'epp.core.bj' }, 'none', ''],
    [
      'a whole business',
      'epp.core.bj epp.core.* epp.core.gz! epp.query.bj',
      { caller: 'epp.core.*' },
      'any',
      'epp.core.bj epp.core.*',
    ],
    ['a whole business absent', 'epp.query.bj', { caller: 'epp.core.*' }, 'none', ''],
    ['no caller', 'epp.core.bj none alt.x.y!', {}, 'plain', 'epp.core.bj none'],
    ['foreign sets, nearest first', 'alt.core.gz alt.core.bj none', BJ, 'plain', 'alt.core.bj'],
    ['then those of no region', 'alt.core.gz alt.core.* none', BJ, 'plain', 'alt.core.* none'],
    ['then any', 'alt.core.gz alt.core.bj!', BJ, 'plain', 'alt.core.gz'],
    ['nothing', '', BJ, 'none', ''],
  ])('%s', (_, instances, query, level, served) => {
    expect(route(instances, query)).toMatchObject({ level, served });
  });

  it.each([
    ['epp.core.gz', BJ, 'no route: epp.core.bj is absent, epp.core.* is absent'],
    [
      'epp.core.bj! epp.core.bj! epp.core.bj~ epp.core.*~',
      BJ,
      'no route: epp.core.bj is dead (2 instances, 1 more draining), epp.core.* is draining (1 instance)',
    ],
    ['epp.core.bj!', { named: 'epp.core.bj' }, 'no route: epp.core.bj is dead (1 instance)'],
    ['', {}, 'no route: no instance is known'],
    ['none! alt.a.b~', BJ, 'no route: of all instances, of whatever set, 1 are dead and 1 draining'],
    [
      'epp.core.bj! epp.core.gz!',
      { caller: 'epp.core.*' },
      'no route: epp.core.* with all its regions is dead (2 instances)',
    ],
  ])('of %j says why not', (instances, query, reason) => {
    expect(route(instances, query)).toMatchObject({ ok: false, problem: 'no-route', reason });
  });

  it('tells which sets it refused, and why', () => {
    expect(route('epp.core.bj! epp.core.*~', BJ)).toMatchObject({
      refused: [
        { set: 'epp.core.bj', why: 'dead' },
        { set: 'epp.core.*', why: 'draining' },
      ],
    });
  });

  const malformed = [
    'epp.core',
    'epp',
    'epp.core.bj.1',
    'epp.*.bj',
    '',
    '...',
    'EPP.core.bj',
    'x'.repeat(9_999),
  ];
  it.each(malformed.map((name) => [name.slice(0, 20), name]))(
    'calls %j malformed, as a name and as a caller',
    (_, name) => {
      for (const query of [{ named: name }, { caller: name }]) {
        const answer = route('epp.core.bj none', query);
        expect(answer).toMatchObject({ level: 'none', problem: 'malformed' });
        expect(answer.reason).toMatch(/is not a set name/);
        expect(answer.reason.length).toBeLessThan(400);
      }
    },
  );

  it('sends nothing to instances whose set is malformed, and says so once', () => {
    const all = ['epp', 'epp', 'epp.core', 'epp.core.bj'].map(instance);
    const router = new SetRouter(all, DEFAULTS);
    expect(router.problems).toHaveLength(2);
    expect(router.problems[0]).toMatch(/^no request goes to instances of "epp" is not a set name/);
    expect(router.route({}).candidates).toEqual([all[3]]);
    expect(router.route({ caller: 'epp.core.*' }).candidates).toEqual([all[3]]);
  });

  it('refuses plain routing when strict', () => {
    const strict = { strict: true };
    expect(route('none', BJ, strict)).toMatchObject({ problem: 'strict', level: 'none' });
    expect(route('none', {}, strict)).toMatchObject({ problem: 'strict', level: 'none' });
    expect(route('none epp.core.bj', BJ, strict)).toMatchObject({ level: 'own' });
  });

  it('counts weight 0 as draining, and ejected ones as dead', () => {
    const zero = { ...instance('epp.core.bj'), weight: 0 };
    const ejected = instance('epp.core.*');
    const router = new SetRouter([zero, ejected], { ...DEFAULTS, isEjected: ({ id }) => id === ejected.id });
    expect(router.route(BJ)).toMatchObject({
      refused: [
        { set: 'epp.core.bj', why: 'draining' },
        { set: 'epp.core.*', why: 'dead' },
      ],
    });
  });

  it('shows both sides to a spill policy', () => {
    const router = new SetRouter(['epp.core.bj', 'epp.core.bj!', 'epp.core.*'].map(instance), DEFAULTS);
    const { own, fallback } = router.route(BJ);
    expect([own?.ready.length, own?.dead.length, fallback?.ready.length]).toEqual([1, 1, 1]);
    expect(router.route({ named: 'epp.core.bj' })).not.toHaveProperty('own');
  });

  it('makes a decision once, and forgets names before they are too many', () => {
    const router = new SetRouter([instance('epp.core.bj')], DEFAULTS);
    const first = router.route(BJ);
    expect(router.route(BJ)).toBe(first);
    for (let at = 0; at < 3_000; at++) expect(router.route({ named: `epp.core.r${at}` }).ok).toBe(false);
    expect(router.route(BJ)).toBe(first);
  });
});

describe('differs from polaris-go on purpose', () => {
  const polaris = { mode: 'polaris' } as const;

  it('1: a dead set is still a set, its traffic does not go to strangers', () => {
    for (const strangers of ['alt.core.bj', 'none']) {
      const all = `epp.core.bj! ${strangers}`;
      expect(route(all, BJ, polaris)).toMatchObject({ level: 'plain', served: strangers });
      expect(route(all, BJ)).toMatchObject({ level: 'none', problem: 'no-route' });
      expect(route(`${all} epp.core.*`, BJ)).toMatchObject({ served: 'epp.core.*' });
    }
    expect(route('epp.core.bj! alt.a.b', { caller: 'epp.core.*' })).toMatchObject({ level: 'none' });
  });

  it('2: an instance without the flag is of no set, wherever it is asked for', () => {
    const unflagged = 'epp.core.bj- epp.core.gz';
    expect(route(unflagged, BJ, polaris)).toMatchObject({ served: 'epp.core.bj-' });
    expect(route(unflagged, BJ)).toMatchObject({ level: 'none' });
    expect(route('epp.core.*- epp.core.gz', BJ, polaris)).toMatchObject({ level: 'fallback' });
    expect(route('epp.core.*- epp.core.gz', BJ)).toMatchObject({ level: 'none' });
    expect(route('epp.core.bj- epp.core.bj', BJ)).toMatchObject({ served: 'epp.core.bj' });
    expect(route('epp.core.bj-', { named: 'epp.core.bj' })).toMatchObject({ level: 'none' });
    expect(route('epp.core.bj-', BJ)).toMatchObject({ level: 'plain', served: 'epp.core.bj-' });
  });

  it('3: a dead own set falls back to that of its business', () => {
    const all = 'epp.core.bj! epp.core.*';
    expect(route(all, BJ, polaris)).toMatchObject({ level: 'own', recoverAll: true });
    expect(route(all, BJ)).toMatchObject({ level: 'fallback', served: 'epp.core.*', recoverAll: false });
    expect(route(all, { named: 'epp.core.bj' })).toMatchObject({ refused: [{ why: 'dead' }] });
    expect(route('epp.core.gz', { named: 'epp.core.bj' })).toMatchObject({ refused: [{ why: 'absent' }] });
    expect(route('epp.core.bj~', { named: 'epp.core.bj' })).toMatchObject({ refused: [{ why: 'draining' }] });
  });

  it('4: where all are dead it answers at once, or tries them when told to', () => {
    const recover = { recoverAll: true };
    const all = 'epp.core.bj! epp.core.*!';
    expect(route(all, BJ, polaris)).toMatchObject({ served: 'epp.core.bj!', recoverAll: true });
    expect(route(all, BJ)).toMatchObject({ level: 'none' });
    expect(route(all, BJ, recover)).toMatchObject({ level: 'own', served: 'epp.core.bj!', recoverAll: true });
    expect(route('epp.core.bj~ epp.core.*!', BJ, recover)).toMatchObject({
      level: 'fallback',
      served: 'epp.core.*!',
    });
    expect(route(`${all} none`, BJ, recover)).toMatchObject({ served: 'epp.core.bj!' });
    expect(route(all, { named: 'epp.core.bj' }, recover)).toMatchObject({ level: 'named', recoverAll: true });
    expect(route(all, { caller: 'epp.core.*' }, recover)).toMatchObject({ level: 'any', recoverAll: true });
    expect(route('none!', {}, recover)).toMatchObject({ level: 'plain', recoverAll: true });
    expect(route('epp.core.bj~', BJ, recover)).toMatchObject({ level: 'none' });
  });

  it.skipIf(NO_SHARED_CASES)('and nowhere else, in all of its cases', () => {
    const differing = SHARED_CASES.filter((one) => {
      const { mode, sets, instances, recoverAll } = one.expect;
      return (
        JSON.stringify(answerOf(routeOf(one, 'default'))) !==
        JSON.stringify({ mode, sets, instances, recoverAll })
      );
    }).map(({ id }) => id);
    const known = {
      deadOfStrangers: ['B8', 'B9', 'D8'],
      flag: ['F3', 'F4', 'F6', 'R8'],
      fallsBack: ['B4'],
      noRecovery: ['B3', 'B5', 'B6', 'B7', 'B12', 'C3', 'D3', 'G6'],
      // nearest first, which polaris-go leaves to another router of its chain
      nearest: ['E1', 'E3', 'R4'],
      // malformed is said at once, of the caller …
      malformedCaller: ['D12', 'E5', 'H7'],
      // … and instances of such a set are of none
      malformedInstance: ['H5', 'H6'],
    };
    expect(differing.sort()).toEqual(Object.values(known).flat().sort());
  });
});

describe('whatever the instances', () => {
  const part = (...values: string[]) => fc.constantFrom(...values);
  const name = fc
    .tuple(part('epp', 'alt'), part('core', 'query'), part('bj', 'gz', '*'))
    .map((parts) => parts.join('.'));
  const instances = fc.array(
    fc.record({
      set: fc.oneof({ weight: 6, arbitrary: name }, part('epp', 'epp.core'), fc.constant(undefined)),
      state: fc.constantFrom('ready' as const, 'ready' as const, 'draining' as const, 'dead' as const),
      enableSet: fc.boolean(),
      weight: fc.constantFrom(0, 1, 100),
    }),
    { maxLength: 12 },
  );
  const options = fc.record({
    mode: fc.constantFrom('default' as const, 'polaris' as const),
    strict: fc.boolean(),
    recoverAll: fc.boolean(),
  });
  const query: fc.Arbitrary<SetQuery> = fc.oneof(
    name.map((caller) => ({ caller })),
    name.map((named) => ({ named })),
    fc.tuple(name, name).map(([caller, named]) => ({ caller, named })),
    fc.constant({}),
    fc.string().map((caller) => ({ caller })),
    fc.string().map((named) => ({ named })),
  );

  it('never takes another business or a sibling region, a named set never falls back, draining ones rest', () => {
    fc.assert(
      fc.property(instances, options, query, (all, how, asked) => {
        const answer = new SetRouter(all, how).route(asked);
        expect(answer.ok).toBe(answer.candidates.length > 0);
        for (const one of answer.candidates) {
          expect(all).toContain(one);
          expect(one.state).not.toBe('draining');
          expect(one.weight).not.toBe(0);
          if (answer.level === 'plain') continue;
          const asking = parseSetName(asked.named ?? asked.caller ?? '');
          const [prefix, business, region] = (one.set ?? '').split('.');
          expect([prefix, business]).toEqual([asking?.prefix, asking?.business]);
          if (asked.named !== undefined) expect([answer.level, one.set]).toEqual(['named', asked.named]);
          else if (answer.level === 'own') expect(region).toBe(asking?.region);
          else if (answer.level === 'fallback') expect(region).toBe('*');
          else expect([answer.level, asking?.region]).toEqual(['any', '*']);
          if (how.mode === 'default') expect(one.enableSet).toBe(true);
        }
        if (how.strict) expect(answer.level).not.toBe('plain');
        if (how.mode === 'default' && !how.recoverAll) {
          expect(answer.candidates.every(({ state }) => state === 'ready')).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes the own set while it is ready, and only then the fallback', () => {
    fc.assert(
      fc.property(instances, (all) => {
        const answer = new SetRouter(all, DEFAULTS).route(BJ);
        const ready = (set: string) =>
          all.some((one) => one.set === set && one.enableSet && one.state === 'ready' && one.weight > 0);
        if (ready('epp.core.bj')) expect(answer.level).toBe('own');
        else if (ready('epp.core.*')) expect(answer.level).toBe('fallback');
        else expect(['none', 'plain']).toContain(answer.level);
      }),
    );
  });

  it('decides the same again, whatever the order', () => {
    const shuffled = instances.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, options, query, ([all, mixed], how, asked) => {
        const told = (list: typeof all) => {
          const { candidates, ...rest } = new SetRouter(list, how).route(asked);
          const { own: _, fallback: __, ...words } = rest;
          return { ...words, candidates: candidates.map((one) => all.indexOf(one)).sort((a, b) => a - b) };
        };
        const first = told(all);
        expect(told(all)).toEqual(first);
        expect(told(mixed)).toEqual(first);
      }),
    );
  });
});
