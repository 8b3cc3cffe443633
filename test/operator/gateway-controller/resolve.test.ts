import { describe, expect, it } from 'vitest';
import { parseRegistry } from '../../../src/api/parse.ts';
import type { EppGateway } from '../../../src/api/v1alpha1/gateway.ts';
import { accountsPooled } from '../../../src/operator/gateway-controller/pooled.ts';
import { resolveRoutes, unreadable } from '../../../src/operator/gateway-controller/resolve.ts';
import { planOf, rolloutNow, stateOf, statusOf } from '../../../src/operator/gateway-controller/rollout.ts';
import { gatewayFile } from '../../../src/operator/specs/gateway/file.ts';
import type { RolloutState } from '../../../src/routing/rollout-progress.ts';
import { aGateway, aRegistry, aSet, byName } from '../samples.ts';

const routes = [
  { tlds: ['com', 'net'], registries: [{ name: 'verisign' }] },
  { tlds: ['cn'], registries: [{ name: 'cnnic' }] },
];

describe('the routes of a gateway', () => {
  const resolve = (...registries: Parameters<typeof byName>) =>
    resolveRoutes(aGateway({ spec: { routes } }), {
      registry: (name) => byName(...registries).get(name),
      parsedRegistry: parseRegistry,
    });

  it('get the accreditation of each account', () => {
    const cnnic = aRegistry({ name: 'cnnic', spec: { accreditation: 'cn-shop' } });
    expect(resolve(aRegistry(), cnnic)).toEqual(
      new Map([
        ['verisign', 'shop'],
        ['cnnic', 'cn-shop'],
      ]),
    );
  });

  it('are refused for an account that does not exist or cannot be read', () => {
    expect(resolve(aRegistry())).toMatchObject({
      reason: 'RegistryNotFound',
      message: expect.stringContaining('EppRegistry cnnic, which spec.routes[1] names'),
    });
    const broken = { ...aRegistry({ name: 'cnnic' }), spec: {} } as never;
    expect(resolve(aRegistry(), broken)).toMatchObject({ reason: 'RegistryInvalid' });
  });

  it('keep an account that is being deleted', () => {
    const leaving = aRegistry({ name: 'cnnic', metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(resolve(aRegistry(), leaving)).toBeInstanceOf(Map);
  });
});

describe('a file', () => {
  const accreditations = new Map([['verisign', 'shop']]);
  const fileOf = (gateway: EppGateway) => gatewayFile(gateway, accreditations, undefined);

  it('is looked through as a gateway would', () => {
    expect(unreadable(fileOf(aGateway()))).toBeUndefined();
    expect(unreadable({ ...fileOf(aGateway()), region: '' })).toContain('region');
  });

  it('may not name a TLD that is none', () => {
    const file = fileOf(aGateway());
    const route = { tlds: ['-'], accounts: [{ name: 'verisign', accreditation: 'shop' }] };
    expect(unreadable({ ...file, routes: [route] })).toContain('"-" is no TLD');
  });
});

describe('the accounts of the routes', () => {
  const gateway = aGateway({ spec: { routes } });
  const set = (name: string, ...registries: string[]) =>
    aSet({ spec: { set: name, pools: registries.map((registry) => ({ registry, min: 1, max: 1 })) } });

  it.each<[string, ReturnType<typeof set>[], string, RegExp]>([
    [
      'in pools of all businesses',
      [set('epp.core.bj', 'verisign', 'cnnic'), set('epp.query.*', 'cnnic', 'verisign')],
      'True',
      /^every account is in a pool of a set$/,
    ],
    [
      'in pools of one business',
      [set('epp.core.bj', 'verisign', 'cnnic'), set('epp.query.bj', 'verisign')],
      'True',
      /; those of business query have none of cnnic$/,
    ],
    [
      'in no pool',
      [set('epp.core.bj', 'verisign')],
      'False',
      /has a pool of cnnic, which the routes of cn name/,
    ],
    ['in a pool of another region', [set('epp.core.gz', 'verisign', 'cnnic')], 'False', /verisign|cnnic/],
    ['in a pool of another prefix', [set('old.core.bj', 'verisign', 'cnnic')], 'False', /cnnic, verisign/],
    ['in a pool of another business', [set('epp.other.bj', 'verisign', 'cnnic')], 'False', /cnnic, verisign/],
    ['there without a set', [], 'False', /cnnic, verisign, which the routes of com, net, cn name/],
  ])('%s', (_, sets, status, message) => {
    expect(accountsPooled(gateway, sets)).toMatchObject({
      type: 'AccountsPooled',
      status,
      message: expect.stringMatching(message),
    });
  });
});

describe('a rollout', () => {
  const legacy = { url: 'http://old' };
  const steps = [
    { percent: 1, hold: '1m' },
    { percent: 100, hold: '5m' },
  ];
  const specOf = (rollout: object) => aGateway({ spec: { rollout: { legacy, ...rollout } } }).spec.rollout;
  const runOf = (rollout: object) => planOf(specOf({ steps, ...rollout }))?.run;
  const state: RolloutState = {
    phase: 'Progressing',
    percent: 1,
    step: 0,
    run: 'x',
    stepStartMs: 1_000,
    message: 'm',
  };

  it('without steps is what the spec says, at once', () => {
    expect(planOf(specOf({ percent: 7 }))).toBeUndefined();
    expect(rolloutNow(specOf({ percent: 7 }), undefined)).toEqual({ percent: 7, halted: false });
    expect(rolloutNow(specOf({ percent: 7, aborted: true }), undefined)).toEqual({
      percent: 0,
      halted: true,
    });
    expect(rolloutNow(undefined, undefined)).toBeUndefined();
  });

  it('with steps is what their state says', () => {
    expect(planOf(specOf({ steps }))?.steps).toEqual([
      { percent: 1, holdMs: 60_000 },
      { percent: 100, holdMs: 300_000 },
    ]);
    expect(rolloutNow(specOf({ steps }), state)).toEqual({ percent: 1, halted: false, run: 'x' });
    expect(rolloutNow(specOf({ steps, aborted: true }), state)).toEqual({
      percent: 0,
      halted: true,
      run: 'x',
    });
    for (const phase of ['RolledBack', 'Aborted'] as const) {
      expect(rolloutNow(specOf({ steps }), { ...state, phase })).toEqual({
        percent: 0,
        halted: true,
        run: 'x',
      });
    }
  });

  it('is another run with another attempt, other steps, another old path or another key, and with nothing else', () => {
    const others = [
      { attempt: 2 },
      { steps: steps.slice(1) },
      { legacy: { url: 'http://older' } },
      { key: 'uin' },
    ].map(runOf);
    expect(new Set([runOf({}), ...others]).size).toBe(5);
    const same = {
      percent: 50,
      paused: true,
      aborted: true,
      bounds: { minRequests: 1 },
      shadow: { percent: 1 },
    };
    expect(runOf(same)).toBe(runOf({}));
    expect(runOf({})).toMatch(/^[0-9a-f]{12}$/);
  });

  it('is the same after it stood in a status', () => {
    const { stepStartMs: _, message: __, ...least } = state;
    for (const one of [state, least]) expect(stateOf(statusOf(one))).toEqual(one);
    expect(stateOf({ ...statusOf(state), stepStartTime: 'yesterday' })).not.toHaveProperty('stepStartMs');
    expect(stateOf(undefined)).toBeUndefined();
  });
});
