import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Claim,
  claim,
  type KeyRecord,
  REMEMBER_MS,
  release,
  type Settled,
  settle,
} from '../../../src/adapter/idempotency/record.ts';
import { aClaim, DONE, UNKNOWN } from './claims.ts';

const first = aClaim('first', 'same', 1_000);
const second = aClaim('second', 'same', 1_000);
const running = claim(undefined, first, 0).record;
const done = settle(running, first, DONE, 10);
const unknown = settle(running, first, UNKNOWN, 10);

describe('a key', () => {
  it.each<[string, KeyRecord | undefined, Claim, number, object]>([
    ['free', undefined, first, 0, { kind: 'new' }],
    ['running', running, second, 999, { kind: 'running' }],
    ['claimed by the same token, whose answer got lost', running, first, 5, { kind: 'new' }],
    ['running for longer than it may', running, second, 1_000, { kind: 'lost', clTRID: 'first-id' }],
    ['done', done, second, 20, { kind: 'settled', ...DONE }],
    ['done, asked by its own claim', done, first, 20, { kind: 'settled', ...DONE }],
    ['unknown', unknown, second, 20, { kind: 'settled', ...UNKNOWN }],
    ['another request’s, running', running, aClaim('second', 'other'), 5, { kind: 'other-request' }],
    ['another request’s, done', done, aClaim('second', 'other'), 20, { kind: 'other-request' }],
    ['released', release(running, 'first', 5), second, 6, { kind: 'new' }],
    ['done a day ago', done, second, REMEMBER_MS, { kind: 'new' }],
    ['done almost a day ago', done, second, REMEMBER_MS - 1, { kind: 'settled', ...DONE }],
  ])('that is %s', (_what, record, wanted, nowMs, result) => {
    expect(claim(record, wanted, nowMs).result).toEqual(result);
  });

  it('is settled and released by its own claim alone', () => {
    expect(settle(running, second, DONE, 10)).toEqual(running);
    expect(release(running, 'second', 10)).toEqual(running);
  });

  it('is never released once it is settled', () => {
    expect(release(done, 'first', 20)).toEqual(done);
    expect(release(unknown, 'first', 20)).toEqual(unknown);
  });

  it('that the store has lost is known again when it is settled', () => {
    expect(claim(settle(undefined, first, DONE, 10), second, 20).result).toEqual({
      kind: 'settled',
      ...DONE,
    });
  });
});

/** One request at one of several pods, as far as it has come. */
interface Try {
  readonly claim: Claim;
  step: 'asks' | 'may-send' | 'sent' | 'ended';
  /** What the pod believes; a lost message leaves it to be told again. */
  end?: Settled | 'free';
}

const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const) }) },
  // a message to the store or its answer may be lost
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('go' as const),
      who: fc.nat(20),
      lost: fc.constantFrom('no', 'no', 'no', 'request', 'answer'),
      outcome: fc.constantFrom('done', 'unknown', 'not-sent'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), who: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 400, 5_000) }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** Pods, a registry and the store; every step of a pod may be its last. */
class World {
  record: KeyRecord | undefined;
  nowMs = 0;
  executions = 0;
  replays: string[] = [];
  readonly tries: Try[] = [];
  #asked = 0;

  play(step: Action): void {
    if (step.do === 'ask')
      this.tries.push({ claim: aClaim(`t${++this.#asked}`, 'same', 1_000), step: 'asks' });
    if (step.do === 'wait') this.nowMs += step.ms;
    const at = 'who' in step ? step.who % Math.max(1, this.tries.length) : -1;
    const one = this.tries[at];
    if (!one) return;
    if (step.do === 'crash') this.tries.splice(at, 1);
    if (step.do === 'go') this.#go(one, step);
  }

  #go(one: Try, { lost, outcome }: Extract<Action, { do: 'go' }>): void {
    switch (one.step) {
      case 'asks':
        this.#ask(one, lost);
        break;
      case 'may-send':
        // unknown: the bytes left, and may or may not have arrived; the worst is that they did
        if (outcome !== 'not-sent') this.executions++;
        one.end =
          outcome === 'not-sent'
            ? 'free'
            : { verdict: outcome === 'done' ? 'done' : 'unknown', answer: `of ${one.claim.token}` };
        one.step = 'sent';
        break;
      case 'sent':
        // told again until the store has answered
        if (lost !== 'request') this.#tell(one);
        if (lost === 'no') one.step = 'ended';
        break;
      case 'ended':
        break;
    }
  }

  #ask(one: Try, lost: string): void {
    if (lost === 'request') {
      one.end = 'free';
      one.step = 'sent';
      return;
    }
    const { record, result } = claim(this.record, one.claim, this.nowMs);
    this.record = record;
    if (lost === 'answer') {
      // refused to its caller; whatever was claimed is given back
      one.end = 'free';
      one.step = 'sent';
      return;
    }
    one.step = result.kind === 'new' ? 'may-send' : 'ended';
    if (result.kind === 'settled') this.replays.push(result.answer);
  }

  #tell({ claim: own, end }: Try): void {
    if (end === 'free') this.record = release(this.record, own.token, this.nowMs);
    else if (end) this.record = settle(this.record, own, end, this.nowMs);
  }
}

describe('whatever is lost, crashes or overtakes', () => {
  it('a key is executed once at most, and every replay is the same', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120, size: 'max' }), (steps) => {
        const world = new World();
        for (const step of steps) world.play(step);
        expect(world.executions).toBeLessThanOrEqual(1);
        expect(new Set(world.replays).size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1_500 },
    );
  });

  it('is a story that executes, replays and frees keys: the property above says something', () => {
    let [executed, replayed, freed] = [0, 0, 0];
    for (const steps of fc.sample(fc.array(action, { minLength: 60, maxLength: 120 }), {
      numRuns: 300,
      seed: 1,
    })) {
      const world = new World();
      let before: KeyRecord | undefined;
      for (const step of steps) {
        world.play(step);
        if (before && !world.record) freed++;
        before = world.record;
      }
      executed += world.executions;
      replayed += world.replays.length;
    }
    expect(executed).toBeGreaterThan(100);
    expect(replayed).toBeGreaterThan(100);
    expect(freed).toBeGreaterThan(50);
  });
});
