import { describe, expect, it } from 'vitest';
import type { PooledConnection } from '../../../src/adapter/pooled-connection.ts';
import { ConnectionChoice } from '../../../src/adapter/scheduler/connection-choice.ts';

interface Sketch {
  serves: boolean;
  inFlight: number;
}

function setUp(loads: number[], { depth = 2, percent = 10 } = {}) {
  const choice = new ConnectionChoice({
    depth,
    transformReservePercent: percent,
    granted: () => loads.length,
  });
  const connections = loads.map((inFlight) => ({ serves: true, inFlight, link: undefined }));
  const as = (sketch: Sketch) => sketch as unknown as PooledConnection;
  for (const connection of connections) choice.changed(as(connection));
  const at = (connection: PooledConnection | undefined) =>
    connection === undefined
      ? undefined
      : connections.indexOf(connection as unknown as (typeof connections)[number]);
  return { choice, connections, as, at };
}

describe('choice of a connection', () => {
  it('gives a transform an idle one, and a query the least loaded', () => {
    const { choice, at } = setUp([1, 0, 2]);
    expect([at(choice.idle()), at(choice.shared(0, 0))]).toEqual([1, 1]);
    const busy = setUp([1, 1, 2]);
    expect([at(busy.choice.idle()), busy.at(busy.choice.shared(0, 0))]).toEqual([undefined, 1]);
  });

  it('keeps the idle ones for transforms that wait', () => {
    const { choice, at } = setUp([0, 1, 2]);
    expect(at(choice.shared(0, 1))).toBe(1);
    expect(choice.shared(0, 3)).toBeUndefined();
  });

  it('keeps some for the next transforms for a minute', () => {
    const { choice, at } = setUp([0, 1]);
    expect(at(choice.shared(0, 0))).toBe(0);
    choice.transformCame(0, 0);
    expect([choice.reserves(0), at(choice.shared(0, 0))]).toEqual([true, 1]);
    expect([choice.reserves(60_001), at(choice.shared(60_001, 0))]).toEqual([false, 0]);
  });

  it('passes over one that serves no more, although nobody has told of it', () => {
    const { choice, connections, at } = setUp([0, 1]);
    (connections[0] as Sketch).serves = false;
    expect(at(choice.shared(0, 0))).toBe(1);
    expect(choice.idle()).toBeUndefined();
  });

  it('counts the connections at work', () => {
    const { choice, connections, as } = setUp([0, 0]);
    const one = connections[0] as Sketch;
    const query = { transform: false };
    for (let i = 0; i < 2; i++) {
      choice.begins(as(one), query);
      one.inFlight++;
    }
    expect(choice.busy).toBe(1);
    for (let i = 0; i < 2; i++) {
      one.inFlight--;
      choice.ended(as(one), query);
    }
    expect(choice.busy).toBe(0);
  });
});
