import { describe, expect, it } from 'vitest';
import { SetRouter } from '../../src/routing/set-router.ts';
import { type Callee, expectPolaris, routeOf, type SetCase } from './set-case.ts';
import { NO_SHARED_CASES, SHARED_CASES } from './shared-set-cases.ts';

describe("polaris mode, by polaris-go's own answers", () => {
  it.skipIf(NO_SHARED_CASES)(`has all cases${NO_SHARED_CASES ? `: ${NO_SHARED_CASES}` : ''}`, () => {
    expect(SHARED_CASES).toHaveLength(79);
    expect(SHARED_CASES.filter((one) => one.expect.panic)).toHaveLength(3);
  });

  it.each(SHARED_CASES.map((one) => [one.id, one] as const))('%s', (_, one) => expectPolaris(one));
});

/** `epp.core.bj` ready; then `!` dead, `-` flag not Y, `~` isolated, `0` weight 0; `none` is of no set. */
function callee(written: string): Callee {
  const [, set = '', marks = ''] = /^([^!~0-]+)([!~0-]*)$/.exec(written) ?? [];
  return {
    set: set === 'none' ? null : set,
    enableSet: set === 'none' || marks.includes('-') ? '' : 'Y',
    healthy: !marks.includes('!'),
    isolated: marks.includes('~'),
    weight: marks.includes('0') ? 0 : 100,
  };
}

interface Row {
  says: string;
  caller?: string;
  named?: string;
  callees: string;
  /** Indexes, `recover` behind them where all are dead; `panic`. */
  answer: string;
}

const OWN = 'epp.core.bj';
const ROWS: readonly Row[] = [
  { says: 'no caller set: everything', callees: 'epp.core.bj epp.core.gz none', answer: 'plain 0 1 2' },
  { says: 'no caller set: healthy ones', callees: 'epp.core.bj! epp.core.gz', answer: 'plain 1' },
  { says: 'no caller set, all dead', callees: 'epp.core.bj! none!', answer: 'plain 0 1 recover' },
  { says: 'nothing at all', caller: OWN, callees: '', answer: 'none' },
  { says: 'own set alone', caller: OWN, callees: 'epp.core.bj epp.core.gz epp.core.*', answer: 'set 0' },
  { says: 'healthy ones of it', caller: OWN, callees: 'epp.core.bj epp.core.bj!', answer: 'set 0' },
  {
    says: 'a dead own set is kept',
    caller: OWN,
    callees: 'epp.core.bj! epp.core.*',
    answer: 'set 0 recover',
  },
  {
    says: 'strangers take over from a dead own set',
    caller: OWN,
    callees: 'epp.core.bj! alt.core.bj',
    answer: 'plain 1',
  },
  {
    says: 'those of no set take over from a dead own set',
    caller: OWN,
    callees: 'epp.core.bj! none',
    answer: 'plain 1',
  },
  { says: 'isolated is absent', caller: OWN, callees: 'epp.core.bj~ epp.core.*', answer: 'set 1' },
  { says: 'weight 0 is absent', caller: OWN, callees: 'epp.core.bj0 epp.core.*', answer: 'set 1' },
  { says: 'fallback of the business', caller: OWN, callees: 'epp.core.gz epp.core.*', answer: 'set 1' },
  { says: 'never a sibling', caller: OWN, callees: 'epp.core.gz epp.core.sh', answer: 'none' },
  { says: 'never another business', caller: OWN, callees: 'epp.query.* epp.query.bj', answer: 'none' },
  { says: 'a dead fallback', caller: OWN, callees: 'epp.core.*! epp.core.gz', answer: 'set 0 recover' },
  { says: 'foreign prefix: plain', caller: OWN, callees: 'alt.core.bj none', answer: 'plain 0 1' },
  { says: 'prefix compared whole', caller: OWN, callees: 'eppx.core.bj', answer: 'plain 0' },
  { says: 'no flag at all: plain', caller: OWN, callees: 'epp.core.bj-', answer: 'plain 0' },
  {
    says: 'own set without its flag, a sibling with it',
    caller: OWN,
    callees: 'epp.core.bj- epp.core.gz',
    answer: 'set 0',
  },
  {
    says: 'all of a business',
    caller: 'epp.core.*',
    callees: 'epp.core.bj epp.core.* epp.query.bj',
    answer: 'set 0 1',
  },
  {
    says: 'flag for all of a business',
    caller: 'epp.core.*',
    callees: 'epp.core.bj- epp.core.gz',
    answer: 'set 1',
  },
  {
    says: 'all of a business dead',
    caller: 'epp.core.*',
    callees: 'epp.core.bj! epp.core.gz!',
    answer: 'set 0 1 recover',
  },
  {
    says: 'all of a business dead, another alive',
    caller: 'epp.core.*',
    callees: 'epp.core.bj! epp.query.bj',
    answer: 'none',
  },
  { says: 'a second * is a name', caller: 'epp.*.*', callees: 'epp.core.bj', answer: 'none' },
  { says: 'a first * is a name', caller: '*.*.*', callees: 'epp.core.bj', answer: 'plain 0' },
  { says: 'named', named: 'epp.core.gz', callees: 'epp.core.bj epp.core.gz', answer: 'set 1' },
  { says: 'named before caller', named: 'epp.core.gz', caller: OWN, callees: 'epp.core.gz', answer: 'set 0' },
  { says: 'named and absent', named: 'epp.core.gz', caller: OWN, callees: 'epp.core.*', answer: 'none' },
  { says: 'named and dead', named: OWN, callees: 'epp.core.bj! epp.core.gz', answer: 'set 0 recover' },
  { says: 'named without its flag', named: OWN, callees: 'epp.core.bj- epp.core.gz', answer: 'none' },
  { says: 'the * is named', named: 'epp.core.*', callees: 'epp.core.bj epp.core.*', answer: 'set 1' },
  { says: 'a caller of two parts', caller: 'epp.core', callees: 'epp.core.bj', answer: 'panic' },
  { says: 'a caller of one part', caller: 'epp', callees: 'epp.core.bj', answer: 'panic' },
  { says: 'a caller of four parts', caller: 'epp.core.bj.1', callees: 'epp.core.bj', answer: 'none' },
  { says: 'four parts fall back', caller: 'epp.core.bj.*', callees: 'epp.core.*', answer: 'set 0' },
  { says: 'a callee of one part', caller: 'epp.core.*', callees: 'epp epp.core.bj', answer: 'panic' },
  { says: 'not with an exact caller', caller: OWN, callees: 'epp', answer: 'none' },
];

function caseOf({ says, caller, named, callees, answer }: Row): SetCase {
  const [mode = '', ...rest] = answer.split(' ');
  const all = callees.split(' ').filter(Boolean).map(callee);
  const instances = rest.filter((word) => word !== 'recover').map(Number);
  return {
    id: says,
    caller: caller ?? null,
    ...(named === undefined ? {} : { calleeSetName: named }),
    callees: all,
    expect: {
      mode: mode as 'plain',
      sets: [...new Set(instances.map((at) => all[at]?.set ?? ''))].sort(),
      instances,
      recoverAll: rest.includes('recover'),
      ...(mode === 'panic' ? { panic: true } : {}),
    },
  };
}

describe('polaris mode', () => {
  it.each(ROWS.map((row) => [row.says, row] as const))('%s', (_, row) => expectPolaris(caseOf(row)));

  it('counts ejected ones as dead', () => {
    const [one, two] = [
      { set: OWN, state: 'ready' as const, id: 1 },
      { set: OWN, state: 'ready' as const, id: 2 },
    ];
    const options = { mode: 'polaris', strict: false, recoverAll: false } as const;
    const router = new SetRouter([one, two], { ...options, isEjected: ({ id }) => id === 1 });
    expect(router.route({ caller: OWN })).toMatchObject({ level: 'own', candidates: [two] });
    const all = new SetRouter([one, two], { ...options, isEjected: () => true });
    expect(all.route({ caller: OWN })).toMatchObject({ candidates: [one, two], recoverAll: true });
  });

  it('tells levels apart', () => {
    const level = (says: string) => {
      const row = ROWS.find((one) => one.says === says);
      return row && routeOf(caseOf(row), 'polaris').level;
    };
    expect(level('own set alone')).toBe('own');
    expect(level('fallback of the business')).toBe('fallback');
    expect(level('all of a business')).toBe('any');
    expect(level('named')).toBe('named');
    expect(level('nothing at all')).toBe('none');
  });

  it('refuses plain routing when strict', () => {
    for (const says of ['no caller set: everything', 'foreign prefix: plain']) {
      const row = ROWS.find((one) => one.says === says);
      expect(row && routeOf(caseOf(row), 'polaris', { strict: true })).toMatchObject({ problem: 'strict' });
    }
  });
});
