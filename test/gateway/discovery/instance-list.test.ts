import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { discoveryMetrics } from '../../../src/gateway/discovery/discovery-metrics.ts';
import { InstanceList } from '../../../src/gateway/discovery/instance-list.ts';
import { staticInstances } from '../../../src/gateway/discovery/static-instances.ts';
import type { Instance } from '../../../src/gateway/instance.ts';

const instance = (id: string, state: Instance['state'] = 'ready', set?: string): Instance => ({
  id,
  origin: `http://${id}`,
  set,
  state,
  weight: 100,
  source: 'static',
});

describe('a list of instances', () => {
  it('is synced by its first list, even by an empty one, and tells what differs alone', () => {
    const list = new InstanceList();
    let told = 0;
    const leave = list.subscribe(() => {
      told += 1;
    });
    expect(list.synced).toBe(false);
    list.replace([]);
    expect([list.synced, told]).toEqual([true, 1]);
    list.replace([]);
    expect(told).toBe(1);
    list.replace([instance('a:1'), instance('b:1')]);
    const before = list.instances;
    list.replace([instance('a:1'), instance('b:1')]);
    expect(told).toBe(2);
    expect(list.instances).toBe(before);
    list.replace([instance('a:1'), instance('b:1', 'dead')]);
    expect(told).toBe(3);
    expect(list.instances[0]).toBe(before[0]);
    expect(before[1]?.state).toBe('ready');
    list.replace([]);
    expect([told, list.instances]).toEqual([4, []]);
    leave();
    list.replace([instance('a:1')]);
    expect(told).toBe(4);
  });
});

describe('the metrics of discovery', () => {
  it('count instances by set and state, and forget sets that are gone', async () => {
    const registry = new Registry();
    const list = new InstanceList();
    discoveryMetrics(registry, list);
    list.replace([
      instance('a:1', 'ready', 'epp.core.bj'),
      instance('b:1', 'dead', 'epp.core.bj'),
      instance('c:1'),
    ]);
    const text = await registry.metrics();
    expect(text).toContain('epp_discovery_instances{set="epp.core.bj",state="ready"} 1');
    expect(text).toContain('epp_discovery_instances{set="epp.core.bj",state="dead"} 1');
    expect(text).toContain('epp_discovery_instances{set="epp.core.bj",state="draining"} 0');
    expect(text).toContain('epp_discovery_instances{set="",state="ready"} 1');
    expect(text).not.toContain('last_sync');
    list.replace([]);
    expect(await registry.metrics()).not.toContain('epp.core.bj');
  });

  it('tell when the list was last confirmed, where somebody confirms it', async () => {
    const registry = new Registry();
    discoveryMetrics(registry, {
      instances: [],
      synced: true,
      subscribe: () => () => undefined,
      lastSync: new Date(1_700_000_000_500),
    });
    expect(await registry.metrics()).toContain('epp_discovery_last_sync_timestamp_seconds 1700000000.5');
  });
});

describe('instances of a file', () => {
  it('are ready, each once, with the port that http has by default', () => {
    expect(
      staticInstances({
        mode: 'static',
        sets: [
          {
            set: 'epp.core.bj',
            endpoints: ['http://10.0.0.2:8080', 'http://a.example', 'http://[fd00::1]:81/'],
          },
          { endpoints: ['http://10.0.0.2:8080/', 'http://10.0.0.1:8080'] },
        ],
      }).map(({ id, origin, set, state, source }) => [id, origin, set, state, source]),
    ).toEqual([
      ['10.0.0.1:8080', 'http://10.0.0.1:8080', undefined, 'ready', 'static'],
      ['10.0.0.2:8080', 'http://10.0.0.2:8080', 'epp.core.bj', 'ready', 'static'],
      ['[fd00::1]:81', 'http://[fd00::1]:81', 'epp.core.bj', 'ready', 'static'],
      ['a.example:80', 'http://a.example:80', 'epp.core.bj', 'ready', 'static'],
    ]);
  });
});
