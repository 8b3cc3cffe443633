import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolarisInstance } from '../../src/polaris/instances.ts';
import {
  CODE,
  countOf,
  due,
  type PolarisAction,
  type Registrations,
  reduce,
} from '../../src/polaris/registration.ts';

const TTL = { ttlMs: 10_000 };
const instance = (more: Partial<PolarisInstance> = {}): PolarisInstance => ({
  service: 'epp',
  host: '10.0.0.7',
  port: 8080,
  set: 'epp.core.bj',
  isolate: false,
  ...more,
});

/** A Polaris by its documented codes, and the machine that tells it. */
class World {
  state: Registrations = new Map();
  nowMs = 0;
  /** By address. */
  readonly there = new Map<string, PolarisInstance>();
  readonly asked: string[] = [];

  want(...instances: PolarisInstance[]): this {
    this.state = reduce(this.state, { type: 'instances', instances, nowMs: this.nowMs }, TTL);
    return this;
  }

  /** Does all that is due now; `answer` instead of Polaris' own. */
  turn(answer: (action: PolarisAction) => number | undefined | 'own' = () => 'own'): this {
    for (let round = 0; round < 10; round++) {
      const { now } = due(this.state, this.nowMs);
      if (now.length === 0) break;
      for (const { key, action, instance } of now) {
        this.asked.push(action);
        this.state = reduce(this.state, { type: 'asked', key, nowMs: this.nowMs }, TTL);
        const given = answer(action);
        const code = given === 'own' ? this.#answer(action, instance) : given;
        const answered = { type: 'answered', key, action, instance, code, nowMs: this.nowMs } as const;
        this.state = reduce(this.state, answered, TTL);
      }
    }
    return this;
  }

  later(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  #answer(action: PolarisAction, told: PolarisInstance): number {
    const isThere = this.there.has(told.host);
    if (action === 'register') {
      if (isThere) return CODE.alreadyThere;
      this.there.set(told.host, told);
      return CODE.ok;
    }
    if (!isThere) return CODE.notThere;
    if (action === 'deregister') this.there.delete(told.host);
    return CODE.ok;
  }
}

describe('an instance', () => {
  it('is registered, and then heard of each TTL', () => {
    const world = new World().want(instance()).turn();
    expect(world.asked).toEqual(['register']);
    expect(due(world.state, world.nowMs)).toEqual({ now: [], nextMs: 10_000 });
    world.later(10_000).turn().later(9_999).turn().later(1).turn();
    expect(world.asked).toEqual(['register', 'heartbeat', 'heartbeat']);
  });

  it('is deregistered when it is gone, and forgotten', () => {
    const world = new World().want(instance()).turn().want().turn();
    expect(world.asked).toEqual(['register', 'deregister']);
    expect(world.state.size).toBe(0);
    expect(world.there.size).toBe(0);
  });

  it('that is not ready any more is replaced: registering again would change nothing', () => {
    const world = new World()
      .want(instance())
      .turn()
      .want(instance({ isolate: true }))
      .turn();
    expect(world.asked).toEqual(['register', 'deregister', 'register']);
    expect(world.there.get('10.0.0.7')?.isolate).toBe(true);
  });

  it('that a predecessor left is replaced once: what he said may be old', () => {
    const world = new World();
    world.there.set('10.0.0.7', instance({ isolate: true }));
    world.want(instance()).turn();
    expect(world.asked).toEqual(['register', 'deregister', 'register']);
    expect(world.there.get('10.0.0.7')?.isolate).toBe(false);
  });

  it('counts as registered by a further 400201', () => {
    const world = new World()
      .want(instance())
      .turn((action) => (action === 'register' ? CODE.alreadyThere : CODE.ok));
    expect(world.asked).toEqual(['register', 'deregister', 'register']);
    expect(countOf(world.state)).toEqual({ registered: 1, pending: 0 });
  });

  it('is registered again after more than three heartbeats in a row that Polaris does not know', () => {
    const world = new World().want(instance()).turn();
    world.there.clear();
    for (let beat = 1; beat <= 3; beat++) world.later(10_000).turn();
    expect(world.asked).toEqual(['register', 'heartbeat', 'heartbeat', 'heartbeat']);
    world.later(10_000).turn();
    expect(world.asked.slice(4)).toEqual(['heartbeat', 'register']);
    expect(world.there.size).toBe(1);
  });

  it('is not while heartbeats get through in between', () => {
    const world = new World().want(instance()).turn();
    for (let beat = 1; beat <= 12; beat++)
      world.later(10_000).turn(() => (beat % 4 === 0 ? CODE.ok : CODE.notThere));
    expect(world.asked.filter((action) => action === 'register')).toEqual(['register']);
  });

  it('is tried with a back-off while Polaris is away, a minute at most', () => {
    const world = new World().want(instance());
    const waits: number[] = [];
    for (let turn = 0; turn < 9; turn++) {
      world.turn(() => undefined);
      const next = due(world.state, world.nowMs).nextMs ?? 0;
      waits.push(next - world.nowMs);
      world.later(next - world.nowMs);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000));
    world.turn();
    expect(countOf(world.state)).toEqual({ registered: 1, pending: 0 });
  });

  it('whose registration was not answered is taken out all the same', () => {
    const world = new World().want(instance());
    // Done, and its answer lost
    world.turn((action) => {
      if (action === 'register') world.there.set('10.0.0.7', instance());
      return undefined;
    });
    world.want().later(1_000).turn();
    expect(world.there.size).toBe(0);
    expect(world.state.size).toBe(0);
  });

  it('is asked about one request at a time', () => {
    const world = new World().want(instance());
    const [first] = due(world.state, 0).now;
    world.state = reduce(world.state, { type: 'asked', key: first?.key ?? '', nowMs: 0 }, TTL);
    expect(due(world.state, 100_000)).toEqual({ now: [], nextMs: undefined });
  });
});

it('Polaris has what is wanted once it answers again, whatever happened', () => {
  const change = fc.record({
    wanted: fc.uniqueArray(fc.record({ host: fc.constantFrom('a', 'b', 'c'), isolate: fc.boolean() }), {
      selector: ({ host }) => host,
    }),
    code: fc.constantFrom<number | undefined | 'own'>(
      'own',
      'own',
      undefined,
      CODE.notThere,
      CODE.alreadyThere,
      500_000,
    ),
    lost: fc.boolean(),
    laterMs: fc.integer({ min: 0, max: 70_000 }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const world = new World();
      for (const { wanted, code, lost, laterMs } of changes) {
        world
          .want(...wanted.map((one) => instance(one)))
          .turn(() => code)
          .later(laterMs);
        if (lost) world.there.clear();
      }
      const wanted = [instance({ host: 'a' }), instance({ host: 'b', isolate: true })];
      world.want(...wanted);
      for (let turn = 0; turn < 20; turn++) world.turn().later(60_000);
      // Said to be gone while it was not is the one thing that nobody could know
      const codesLied = changes.some(({ code }) => code === CODE.notThere || code === CODE.alreadyThere);
      if (!codesLied) expect(new Set(world.there.values())).toEqual(new Set(wanted));
      expect(countOf(world.state)).toEqual({ registered: 2, pending: 0 });
    }),
  );
});
