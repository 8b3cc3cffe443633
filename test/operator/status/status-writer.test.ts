import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../src/api/v1alpha1/condition.ts';
import { EPP_SET, type EppSetStatus } from '../../../src/api/v1alpha1/set.ts';
import type { Applier, Intent } from '../../../src/kube/interfaces.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { StatusWriter } from '../../../src/operator/status/status-writer.ts';
import { ManualClock } from '../../kube/manual-clock.ts';
import { aSet } from '../samples.ts';

const never = new AbortController().signal;
const ready: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'PodsReady',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};
const figures = (open: number) => ({ granted: 5, open, waiting: 0 });

function setUp() {
  const written: Intent[] = [];
  const client: Pick<Applier, 'applyStatus'> = {
    async applyStatus<T extends KubeObject>(_resource: unknown, intent: Intent<T>): Promise<T> {
      written.push(intent);
      return intent as T;
    },
  };
  const clock = new ManualClock();
  const writer = new StatusWriter<EppSetStatus>({
    client,
    clock,
    resource: EPP_SET,
    counters: ['connections'],
  });
  return { writer, clock, written };
}

describe('StatusWriter', () => {
  it('writes what differs, to the very object, and nothing else', async () => {
    const { writer, written } = setUp();
    await writer.write(aSet(), { observedGeneration: 1, conditions: [ready] }, never);
    expect(written).toEqual([
      {
        apiVersion: 'eppset.io/v1alpha1',
        kind: 'EppSet',
        metadata: { name: 'epp-core-bj', namespace: 'shop', uid: 'uid-of-epp-core-bj' },
        status: { observedGeneration: 1, conditions: [ready] },
      },
    ]);
  });

  it('writes nothing that is stored already, whatever the order and whoever has conditions of his own', async () => {
    const { writer, written } = setUp();
    const status: EppSetStatus = { conditions: [ready], connections: figures(3), observedGeneration: 1 };
    const theirs = { ...ready, type: 'TheirOwn' };
    const stored = { ...aSet(), status: { ...status, conditions: [theirs, ready] } };
    await writer.write(stored, status, never);
    expect(written).toEqual([]);
  });

  it('knows what it wrote while the cache is behind', async () => {
    const { writer, written } = setUp();
    const stale = aSet();
    await writer.write(stale, { observedGeneration: 1 }, never);
    await writer.write(stale, { observedGeneration: 1 }, never);
    expect(written).toHaveLength(1);
    expect(writer.seen(stale)).toEqual({ observedGeneration: 1 });
  });

  it('believes the cache again when that moves on: somebody else may have written', async () => {
    const { writer, written } = setUp();
    await writer.write(aSet(), { observedGeneration: 1 }, never);
    const moved = { ...aSet({ metadata: { resourceVersion: '2' } }), status: { observedGeneration: 7 } };
    await writer.write(moved, { observedGeneration: 1 }, never);
    expect(written).toHaveLength(2);
  });

  it('lets numbers wait for three seconds, but nothing with them', async () => {
    const { writer, clock, written } = setUp();
    const set = aSet();
    await writer.write(set, { connections: figures(1), conditions: [ready] }, never);
    expect(await writer.write(set, { connections: figures(2), conditions: [ready] }, never)).toEqual({
      requeueAfterMs: 3_000,
    });
    clock.advance(2_000);
    expect(await writer.write(set, { connections: figures(3), conditions: [ready] }, never)).toEqual({
      requeueAfterMs: 1_000,
    });
    expect(written).toHaveLength(1);
    const unready = { ...ready, status: 'False' as const };
    expect(await writer.write(set, { connections: figures(4), conditions: [unready] }, never)).toEqual({});
    expect(written).toHaveLength(2);
    clock.advance(3_000);
    await writer.write(set, { connections: figures(5), conditions: [unready] }, never);
    expect(written).toHaveLength(3);
  });
});

describe('numbers that settle', () => {
  const setUpSettling = () => {
    const { clock, written, ...parts } = setUp();
    const client = {
      async applyStatus<T extends KubeObject>(_resource: unknown, intent: Intent<T>): Promise<T> {
        written.push(intent);
        return intent as T;
      },
    };
    const writer = new StatusWriter<EppSetStatus>({
      client,
      clock,
      resource: EPP_SET,
      counters: ['connections'],
      countingConditions: ['Ready'],
      settling: { restMs: 2_000, longestMs: 10_000 },
    });
    return { ...parts, clock, written, writer };
  };
  const stored = (status: EppSetStatus) => ({ ...aSet(), status });
  const of = (open: number, message = ''): EppSetStatus => ({
    connections: figures(open),
    conditions: [{ ...ready, message }],
  });

  it('are written when they have rested', async () => {
    const { writer, clock, written } = setUpSettling();
    expect(await writer.write(stored(of(0)), of(1), never)).toEqual({ requeueAfterMs: 2_000 });
    await clock.advance(1_500);
    expect(await writer.write(stored(of(0)), of(2), never)).toEqual({ requeueAfterMs: 2_000 });
    await clock.advance(2_000);
    expect(await writer.write(stored(of(0)), of(2), never)).toEqual({});
    expect(written).toMatchObject([{ status: of(2) }]);
  });

  it('are written after a while however they move', async () => {
    const { writer, clock, written } = setUpSettling();
    for (let open = 1; open <= 10; open += 1) {
      await writer.write(stored(of(0)), of(open), never);
      await clock.advance(1_000);
    }
    expect(written).toEqual([]);
    await writer.write(stored(of(0)), of(11), never);
    expect(written).toHaveLength(1);
  });

  it('are forgotten when they are back', async () => {
    const { writer, clock, written } = setUpSettling();
    await writer.write(stored(of(5)), of(6), never);
    await writer.write(stored(of(5)), of(5), never);
    await clock.advance(20_000);
    expect(await writer.write(stored(of(5)), of(6), never)).toEqual({ requeueAfterMs: 2_000 });
    expect(written).toEqual([]);
  });

  it('are also the messages of conditions that count, as long as nothing else of these changes', async () => {
    const { writer, written } = setUpSettling();
    expect(await writer.write(stored(of(0)), of(0, '1 of 3'), never)).toEqual({ requeueAfterMs: 2_000 });
    const other: EppSetStatus = { ...of(0), conditions: [{ ...ready, reason: 'Another' }] };
    expect(await writer.write(stored(of(0)), other, never)).toEqual({});
    const degraded = { ...ready, type: 'Degraded' };
    const told = (message: string): EppSetStatus => ({ conditions: [ready, { ...degraded, message }] });
    expect(await writer.write(stored(told('')), told('new'), never)).toEqual({});
    expect(written).toHaveLength(2);
  });
});
