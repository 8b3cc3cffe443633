import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayFileInput } from '../../../src/api/files/gateway-file.ts';
import type { LoadReport } from '../../../src/api/http/load-report.ts';
import type { Instance, InstanceState } from '../../../src/gateway/instance.ts';
import { PoolWatch } from '../../../src/gateway/protection/degradation.ts';
import { protectionMetrics } from '../../../src/gateway/protection/metrics.ts';
import { createLog } from '../../../src/lib/log.ts';
import { type SetQuery, type SetRoute, SetRouter } from '../../../src/routing/set-router.ts';
import { ManualClock, settle } from '../../kube/manual-clock.ts';
import { loadOf, policyOf } from './fixtures.ts';

const DEGRADATION = { watch: 'core', above: 80, shed: { query: 50 } };
const [FULL, IDLE] = [loadOf({ verisign: [10, 9] }), loadOf({ verisign: [10, 1] })];

function instance(id: string, set: string, state: InstanceState = 'ready'): Instance {
  return { id, origin: `http://${id}`, set, state, weight: 100, source: 'static' };
}

describe('PoolWatch', () => {
  const clock = new ManualClock();
  let registry: Registry;
  let source: { instances: Instance[]; synced: boolean };
  /** What each adapter says; one that says nothing cannot be asked. */
  let loads: Map<string, LoadReport>;
  let asked: string[];
  let lines: string[];
  let watch: PoolWatch;

  beforeEach(() => {
    registry = new Registry();
    source = { instances: [instance('a', 'epp.core.bj'), instance('b', 'epp.core.bj')], synced: true };
    loads = new Map([
      ['a', IDLE],
      ['b', IDLE],
    ]);
    asked = [];
    lines = [];
  });

  afterEach(() => watch.close());

  function start(degradation: GatewayFileInput['degradation'] = DEGRADATION): void {
    watch = new PoolWatch({
      policy: policyOf(degradation ? { degradation } : {}),
      route: routed,
      instances: source,
      asker: {
        async ask({ id }) {
          asked.push(id);
          const load = loads.get(id);
          if (!load) throw new Error('away');
          return load;
        },
        close: async () => {},
      },
      clock,
      random: () => 0.5,
      metrics: protectionMetrics(registry),
      log: createLog({ level: 'info', name: 'test', destination: { write: (line) => lines.push(line) } }),
    });
  }

  function routed(query: SetQuery): SetRoute<Instance> {
    return new SetRouter(source.instances, { mode: 'default', strict: false, recoverAll: false }).route(
      query,
    );
  }

  async function metric(name: string): Promise<string> {
    return registry.getSingleMetricAsString(name);
  }

  it('is active within two seconds once the pools are fuller than they may be, and stays so for a while', async () => {
    start();
    await clock.advance(2_000);
    expect(watch.active).toBe(false);
    expect(watch.sheds('query', 0)).toBe(false);
    loads.set('a', FULL).set('b', FULL);
    await clock.advance(2_000);
    expect(watch.active).toBe(true);
    loads.set('a', IDLE).set('b', IDLE);
    await clock.advance(3_000);
    expect(watch.active).toBe(true);
    await clock.advance(7_000);
    expect(watch.active).toBe(false);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { business: 'core', account: 'verisign', ratio: 0.9, msg: expect.stringContaining('gives way') },
      { business: 'core', msg: expect.stringContaining('no longer gives way') },
    ]);
  });

  it('sheds the share of a business, and never the one that is watched', async () => {
    loads.set('a', FULL).set('b', FULL);
    start();
    await clock.advance(2_000);
    expect([0, 0.49, 0.5, 0.99].map((draw) => watch.sheds('query', draw))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(watch.sheds('core', 0)).toBe(false);
    expect(watch.sheds('other', 0)).toBe(false);
    expect(await metric('epp_shed_total')).toContain('epp_shed_total{business="query"} 2');
    expect(await metric('epp_degradation_active')).toContain('epp_degradation_active 1');
    expect(await metric('epp_pool_utilization_ratio')).toContain(
      'epp_pool_utilization_ratio{business="core",account="verisign"} 0.9',
    );
  });

  it('counts the account that is worst off, and waiting as full', async () => {
    loads.set('a', loadOf({ verisign: [10, 0], cnnic: [10, 2, 1] })).set('b', loadOf({ verisign: [10, 0] }));
    start();
    await clock.advance(2_000);
    expect(watch.active).toBe(true);
  });

  it('asks about once a second those that requests go to: of the own set, else of the fallback', async () => {
    source.instances = [
      instance('own', 'epp.core.bj'),
      instance('leaving', 'epp.core.bj', 'draining'),
      instance('fallback', 'epp.core.*'),
      instance('elsewhere', 'epp.core.sh'),
      instance('another', 'epp.query.bj'),
    ];
    start();
    await clock.advance(10_000);
    expect(new Set(asked)).toEqual(new Set(['own']));
    expect(asked.length).toBeGreaterThanOrEqual(9);
    expect(asked.length).toBeLessThanOrEqual(11);
    asked.length = 0;
    source.instances = source.instances.map((one) => (one.id === 'own' ? { ...one, state: 'dead' } : one));
    await clock.advance(2_000);
    expect(new Set(asked)).toEqual(new Set(['fallback']));
  });

  it('asks at most 16 at once', async () => {
    source.instances = Array.from({ length: 40 }, (_, n) => instance(`i${n}`, 'epp.core.bj'));
    let [now, most] = [0, 0];
    const answers: (() => void)[] = [];
    watch = new PoolWatch({
      policy: policyOf({ degradation: DEGRADATION }),
      route: routed,
      instances: source,
      asker: {
        async ask() {
          most = Math.max(most, ++now);
          await new Promise<void>((resolve) => answers.push(resolve));
          now--;
          return IDLE;
        },
        close: async () => {},
      },
      clock,
      random: () => 0,
      metrics: protectionMetrics(registry),
      log: createLog({ level: 'silent', name: 'test' }),
    });
    await clock.advance(100);
    for (let done = 0; done < 40; done++) {
      answers.shift()?.();
      await settle();
    }
    expect(most).toBe(16);
    expect(now).toBe(0);
  });

  it.each([
    ['active', FULL],
    ['not active', IDLE],
  ])('is %s on while nobody can be asked', async (_what, load) => {
    loads.set('a', load).set('b', load);
    start();
    await clock.advance(2_000);
    const { active } = watch;
    loads.clear();
    await clock.advance(60_000);
    expect(watch.active).toBe(active);
  });

  it('counts an adapter that cannot be asked as it was for ten seconds, and then not at all', async () => {
    loads.set('a', FULL).set('b', IDLE);
    start({ ...DEGRADATION, above: 40 });
    await clock.advance(2_000);
    loads.delete('a');
    await clock.advance(8_000);
    expect(watch.active).toBe(true);
    expect(await metric('epp_pool_utilization_ratio')).toContain('account="verisign"} 0.5');
    await clock.advance(15_000);
    expect(watch.active).toBe(false);
    expect(await metric('epp_pool_utilization_ratio')).toContain('account="verisign"} 0.1');
  });

  it('is active on while all adapters are dead', async () => {
    loads.set('a', FULL).set('b', FULL);
    start();
    await clock.advance(2_000);
    source.instances = source.instances.map((one) => ({ ...one, state: 'dead' }));
    asked.length = 0;
    await clock.advance(30_000);
    expect(asked).toEqual([]);
    expect(watch.active).toBe(true);
  });

  it('goes on asking when there was no route yet', async () => {
    loads.set('a', FULL).set('b', FULL);
    const { instances } = source;
    source.instances = undefined as unknown as Instance[];
    start();
    await clock.advance(2_000);
    expect(asked).toEqual([]);
    source.instances = instances;
    await clock.advance(2_000);
    expect(watch.active).toBe(true);
  });

  it('ends where the business has no adapter any more', async () => {
    loads.set('a', FULL).set('b', FULL);
    start();
    await clock.advance(2_000);
    source.instances = [];
    source.synced = false;
    await clock.advance(10_000);
    expect(watch.active).toBe(true);
    source.synced = true;
    await clock.advance(10_000);
    expect(watch.active).toBe(false);
  });

  it('takes a changed policy over: begins, changes its share, watches another business, and ends', async () => {
    loads.set('a', FULL).set('b', FULL);
    start(undefined);
    watch.take(policyOf());
    await clock.advance(5_000);
    expect(asked).toEqual([]);
    watch.take(policyOf({ degradation: DEGRADATION }));
    await clock.advance(2_000);
    expect(watch.active).toBe(true);
    watch.take(policyOf({ degradation: { ...DEGRADATION, shed: { query: 100 } } }));
    expect(watch.sheds('query', 0.99)).toBe(true);
    watch.take(policyOf({ degradation: { watch: 'query', above: 80 } }));
    expect(watch.active).toBe(false);
    watch.take(policyOf({ degradation: DEGRADATION }));
    await clock.advance(2_000);
    expect(watch.active).toBe(true);
    watch.take(policyOf());
    expect(watch.active).toBe(false);
    expect(watch.sheds('query', 0)).toBe(false);
    asked.length = 0;
    await clock.advance(5_000);
    expect(asked).toEqual([]);
  });

  it('asks nobody once it is closed', async () => {
    start();
    await clock.advance(2_000);
    watch.close();
    asked.length = 0;
    await clock.advance(5_000);
    expect(asked).toEqual([]);
  });
});
