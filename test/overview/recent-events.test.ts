import { describe, expect, it } from 'vitest';
import type { CoreEvent } from '../../src/kube/builtin.ts';
import { recentEvents } from '../../src/overview/recent-events.ts';

const event = (more: object): CoreEvent =>
  ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'shop', creationTimestamp: '2026-11-21T10:00:00Z' },
    involvedObject: { apiVersion: 'eppset.io/v1alpha1', kind: 'EppSet', name: 'epp-core-bj' },
    type: 'Normal',
    reason: 'Ready',
    message: 'm',
    count: 1,
    lastTimestamp: '2026-11-21T11:00:00Z',
    ...more,
  }) as unknown as CoreEvent;

describe('recent events', () => {
  it('are the last ones, the newest last', () => {
    const times = ['2026-11-21T11:02:00Z', '2026-11-21T11:00:00Z', '2026-11-21T11:01:00.5Z'];
    const found = recentEvents(
      times.map((lastTimestamp) => event({ lastTimestamp })),
      2,
    );
    expect(found.map(({ at }) => at)).toEqual(['2026-11-21T11:01:00.5Z', '2026-11-21T11:02:00Z']);
    expect(recentEvents([event({})], 0)).toEqual([]);
  });

  it.each([
    ['what core/v1 has', { count: 3 }, '2026-11-21T11:00:00Z', 3],
    [
      'what events.k8s.io has',
      { count: null, lastTimestamp: null, eventTime: '2026-11-21T11:30:00.123456Z' },
      '2026-11-21T11:30:00.123456Z',
      1,
    ],
    [
      'a series',
      { series: { count: 7, lastObservedTime: '2026-11-21T11:40:00Z' } },
      '2026-11-21T11:40:00Z',
      7,
    ],
    ['no time of its own', { lastTimestamp: null }, '2026-11-21T10:00:00Z', 1],
  ])('are read with %s', (_, more, at, count) => {
    expect(recentEvents([event(more)], 9)).toMatchObject([
      { at, count, object: 'EppSet/epp-core-bj', namespace: 'shop' },
    ]);
  });

  it('leave out what cannot be read', () => {
    expect(recentEvents([event({ reason: 7 }), event({ message: 'good' })], 9)).toMatchObject([
      { message: 'good' },
    ]);
  });
});
