/** Cases of the set router as polaris-go answers them: how one is written, and how it is asked. */
import { expect } from 'vitest';
import { type RoutableInstance, type SetRoute, SetRouter } from '../../src/routing/set-router.ts';

export interface Callee {
  set: string | null;
  /** The value of `internal-enable-set`, as it is. */
  enableSet: string;
  healthy: boolean;
  weight?: number;
  isolated?: boolean;
  breaker?: 'open';
}

export interface SetCase {
  id: string;
  caller: string | null;
  /** `Y` where it is absent. */
  callerEnableSet?: string;
  calleeSetName?: string;
  callees: readonly Callee[];
  expect: {
    mode: 'plain' | 'set' | 'none';
    sets: string[];
    instances: number[];
    recoverAll: boolean;
    panic?: boolean;
  };
}

export interface CaseInstance extends RoutableInstance {
  readonly index: number;
}

export function instancesOf({ callees }: SetCase): CaseInstance[] {
  return callees.map((callee, index) => ({
    index,
    set: callee.set ?? undefined,
    enableSet: callee.enableSet === 'Y',
    weight: callee.weight ?? 100,
    state: callee.isolated ? 'draining' : callee.healthy && callee.breaker !== 'open' ? 'ready' : 'dead',
  }));
}

export function routeOf(
  one: SetCase,
  mode: 'default' | 'polaris',
  options: { strict?: boolean; recoverAll?: boolean } = {},
): SetRoute<CaseInstance> {
  const { strict = false, recoverAll = false } = options;
  return new SetRouter(instancesOf(one), { mode, strict, recoverAll }).route({
    named: one.calleeSetName,
    caller: (one.callerEnableSet ?? 'Y') === 'Y' ? (one.caller ?? undefined) : undefined,
  });
}

/** A decision in the words of the cases. */
export function answerOf(route: SetRoute<CaseInstance>): SetCase['expect'] {
  return {
    mode: route.ok ? (route.level === 'plain' ? 'plain' : 'set') : 'none',
    sets: [...new Set(route.candidates.map(({ set }) => set ?? ''))].sort(),
    instances: route.candidates.map(({ index }) => index).sort((a, b) => a - b),
    recoverAll: route.ok && route.recoverAll,
  };
}

export function expectPolaris(one: SetCase): void {
  const route = routeOf(one, 'polaris');
  if (one.expect.panic) {
    expect(route).toMatchObject({ ok: false, problem: 'malformed', candidates: [] });
    if (!route.ok) expect(route.reason).toMatch(/is not a set name: write prefix\.business\.region/);
    return;
  }
  const { mode, sets, instances, recoverAll } = one.expect;
  expect(answerOf(route)).toEqual({ mode, sets, instances, recoverAll });
  if (!route.ok) expect(route.reason).toMatch(/^no route: /);
}
