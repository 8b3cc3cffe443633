import { describe, expect, it } from 'vitest';
import {
  allRecords,
  type ClusterRecord,
  leftovers,
  readRecord,
  removeRecord,
  whyNotReusable,
  writeRecord,
} from './cluster-records.ts';
import { withEnvironment } from './with-environment.ts';

const record: ClusterRecord = {
  name: 'a',
  nodes: 1,
  image: 'node:1',
  ports: [{ nodePort: 30080, hostPort: 20080 }],
  complete: true,
};

describe('leftovers', () => {
  it('are the clusters whose owner is gone, never those that are kept', () => {
    const of = (name: string, pid?: number): ClusterRecord =>
      pid === undefined ? { ...record, name } : { ...record, name, owner: { pid, start: '1' } };
    const all = [of('kept'), of('alive', 1), of('dead', 2), { ...of('unfinished', 2), complete: false }];
    const names = leftovers(all, ({ pid }) => pid === 1).map(({ name }) => name);
    expect(names).toEqual(['dead', 'unfinished']);
  });
});

describe('whyNotReusable', () => {
  const wanted = { nodes: 1 as const, image: 'node:1', ports: [{ nodePort: 30080 }] };
  it.each([
    ['the same', wanted, undefined],
    ['no ports', { ...wanted, ports: [] }, undefined],
    ['its very host port', { ...wanted, ports: [{ nodePort: 30080, hostPort: 20080 }] }, undefined],
    ['another host port', { ...wanted, ports: [{ nodePort: 30080, hostPort: 20081 }] }, /port 20081/],
    ['another node port', { ...wanted, ports: [{ nodePort: 30081 }] }, /to 30081/],
    ['more nodes', { ...wanted, nodes: 2 as const }, /1 node\(s\), not 2/],
    ['another image', { ...wanted, image: 'node:2' }, /node:1, not node:2/],
  ])('%s', (_, asked, why) => {
    const told = whyNotReusable(record, asked);
    if (why) expect(told).toMatch(why);
    else expect(told).toBeUndefined();
  });

  it('refuses a cluster that was never finished', () => {
    expect(whyNotReusable({ ...record, complete: false }, wanted)).toMatch(/never finished/);
  });
});

it('records are written, found and removed by name', async () => {
  await withEnvironment({}, async () => {
    expect(allRecords()).toEqual([]);
    writeRecord(record);
    writeRecord({ ...record, name: 'b' });
    expect(readRecord('a')).toEqual(record);
    expect(allRecords().map(({ name }) => name)).toEqual(['a', 'b']);
    removeRecord('a');
    expect(readRecord('a')).toBeUndefined();
    expect(allRecords()).toHaveLength(1);
  });
});
