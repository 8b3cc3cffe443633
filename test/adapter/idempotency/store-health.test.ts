import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { idempotencyMetrics } from '../../../src/adapter/idempotency/metrics.ts';
import { type ServerSays, WEAKNESSES, weaknessesOf } from '../../../src/adapter/idempotency/store-health.ts';

const info = (lines: string) => lines.replaceAll(' ', '\r\n');
const SAFE = 'aof_enabled:1 maxmemory:0 maxmemory_policy:noeviction role:master connected_slaves:0 ';

describe('what a server says of itself', () => {
  it.each<[string, ServerSays, string[]]>([
    ['keeps all', { info: info(SAFE), appendfsync: 'always' }, []],
    [
      'keeps all, with a bound',
      { info: info(SAFE.replace('maxmemory:0', 'maxmemory:100')), appendfsync: 'always' },
      [],
    ],
    ['writes to the disk late', { info: info(SAFE), appendfsync: 'everysec' }, ['late-fsync']],
    ['does not say when it writes to the disk', { info: info(SAFE), appendfsync: undefined }, ['unknown']],
    [
      'writes nothing down',
      { info: info('aof_enabled:0 maxmemory:0 maxmemory_policy:allkeys-lru '), appendfsync: 'everysec' },
      ['no-append-only-file'],
    ],
    [
      'forgets when it is full',
      { info: info('aof_enabled:1 maxmemory:100 maxmemory_policy:allkeys-lru '), appendfsync: 'always' },
      ['eviction'],
    ],
    [
      'does both',
      { info: info('aof_enabled:0 maxmemory:100 maxmemory_policy:volatile-ttl '), appendfsync: 'no' },
      ['no-append-only-file', 'eviction'],
    ],
    [
      'has replicas',
      { info: info(SAFE.replace('slaves:0', 'slaves:2')), appendfsync: 'always' },
      ['asynchronous-replicas'],
    ],
    ['says nothing', { info: undefined, appendfsync: undefined }, ['unknown']],
  ])('that it %s', (_what, says, weak) => {
    expect(weaknessesOf(says)).toEqual(weak);
  });

  it('is shown, what is so and what is not', async () => {
    const registry = new Registry();
    const { store } = idempotencyMetrics(registry, { set: 's', business: 'b' });
    const shown = async () => {
      const { values = [] } = (await registry.getSingleMetric('epp_idempotency_store_weakness')?.get()) ?? {};
      return Object.fromEntries(values.map(({ labels, value }) => [labels.weakness, value]));
    };
    store.weak(['eviction', 'late-fsync']);
    expect(Object.keys(await shown()).sort()).toEqual(Object.keys(WEAKNESSES).sort());
    expect(await shown()).toMatchObject({ eviction: 1, 'late-fsync': 1, memory: 0 });
    store.weak(['memory']);
    expect(await shown()).toMatchObject({ eviction: 0, 'late-fsync': 0, memory: 1 });
    const up = async () =>
      (await registry.getSingleMetric('epp_idempotency_store_up')?.get())?.values[0]?.value;
    expect(await up()).toBe(0);
    store.reachable(true);
    expect(await up()).toBe(1);
  });
});
