/** Two pods, one name, one registry, and everything that can overtake everything else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckCache, type Checked, type Flight } from '../../../src/adapter/checks/check-cache.ts';

const NAME = 'x.com';
const HOLD_MS = 100;
const KEEP_MS = 10_000;

interface Check extends Flight {
  pod: number;
  /** The registry's version when it looked. */
  version?: number;
  /** The registry's version when somebody joined last: what he is told must not be older. */
  joinedAt?: number;
}
type Cache = CheckCache<number, Check>;

interface Transform {
  id: string;
  pod: number;
  /** Of the other pod: it knows of the begin. */
  told: boolean;
  untilMs: number;
  stage: 'begun' | 'executed' | 'over';
}

const pods = [0, 1] as const;
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('ask'), pod: fc.constantFrom(...pods) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('look', 'land'), at: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('begin'), pod: fc.constantFrom(...pods) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('execute', 'end'), at: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver'), at: fc.nat(1) }) },
  // undisturbed ones between: else hardly anything is ever kept after a change
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('check', 'change'), pod: fc.constantFrom(...pods) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1, 40, HOLD_MS) }) },
);
type Step = { do: string; pod?: number; at?: number; ms?: number };

class World {
  readonly caches: Cache[];
  nowMs = 0;
  version = 0;
  hits = 0;
  /** Of what was kept when a change had been executed before: the answers that could have been old. */
  hitsAfterChange = 0;
  joins = 0;
  joinsAfterChange = 0;
  stale = 0;
  executed = 0;
  readonly #checks: Check[] = [];
  /** One that is never ended may be executed as long as it holds the name: its outcome is unknown. */
  readonly #transforms: Transform[] = [];
  /** Per receiver, in the order they were said. */
  readonly #messages: [(() => void)[], (() => void)[]] = [[], []];

  constructor(make: () => Cache) {
    this.caches = pods.map(make);
  }

  play({ do: what, pod = 0, at = 0, ms = 0 }: Step): void {
    if (what === 'wait') this.nowMs += ms;
    if (what === 'check') this.#wholeCheck(pod);
    if (what === 'change') this.#wholeChange(pod);
    if (what === 'ask') this.#ask(pod);
    if (what === 'begin') this.#begin(pod);
    if (what === 'deliver') this.#messages[at % 2]?.shift()?.();
    if (what === 'look') this.#one(this.#checks, at, (check) => (check.version ??= this.version));
    if (what === 'land') this.#one(this.#checks, at, (check) => this.#land(check));
    if (what === 'execute' || what === 'end')
      this.#one(this.#transforms, at, (transform) => this.#go(transform, what));
  }

  #wholeCheck(pod: number): void {
    const before = this.#checks.length;
    this.#ask(pod);
    const check = this.#checks[before];
    if (!check) return;
    check.version = this.version;
    this.#land(check);
  }

  #wholeChange(pod: number): void {
    this.#begin(pod);
    const transform = this.#transforms.at(-1) as Transform;
    this.#deliverAll(1 - pod);
    this.#go(transform, 'execute');
    this.#go(transform, 'end');
    this.#deliverAll(1 - pod);
  }

  #deliverAll(pod: number): void {
    for (const message of this.#messages[pod]?.splice(0) ?? []) message();
  }

  #one<T>(list: T[], at: number, does: (one: T) => void): void {
    const one = list[at % Math.max(1, list.length)];
    if (one) does(one);
  }

  #ask(pod: number): void {
    const cache = this.caches[pod] as Cache;
    const kept = cache.keptOf('a', NAME, this.nowMs);
    if (kept) {
      this.hits++;
      if (this.version > 0) this.hitsAfterChange++;
      if (kept.about < this.version) this.stale++;
      return;
    }
    const flight = cache.flightOf('a', NAME);
    if (flight) {
      this.joins++;
      if (this.version > 0) this.joinsAfterChange++;
      flight.joinedAt = this.version;
      return;
    }
    const check: Check = { account: 'a', names: [NAME], pod };
    cache.took(check, this.nowMs);
    this.#checks.push(check);
  }

  #land(check: Check): void {
    const version = check.version;
    if (version === undefined) return;
    if (version < (check.joinedAt ?? 0)) this.stale++;
    this.#checks.splice(this.#checks.indexOf(check), 1);
    const checked: Checked = { name: NAME, avail: version % 2 === 0 };
    this.caches[check.pod]?.landed(check, () => ({ checked, about: version }), this.nowMs);
  }

  #begin(pod: number): void {
    const transform: Transform = {
      id: `t${this.#transforms.length}`,
      pod,
      told: false,
      untilMs: this.nowMs + HOLD_MS,
      stage: 'begun',
    };
    this.#transforms.push(transform);
    const { id, untilMs } = transform;
    this.caches[pod]?.hold(id, [NAME], untilMs, this.nowMs);
    this.#messages[1 - pod]?.push(() => {
      transform.told = true;
      this.caches[1 - pod]?.hold(id, [NAME], untilMs, this.nowMs);
    });
  }

  #go(transform: Transform, what: string): void {
    const { id, pod } = transform;
    if (
      what === 'execute' &&
      transform.stage === 'begun' &&
      transform.told &&
      this.nowMs < transform.untilMs
    ) {
      this.version++;
      this.executed++;
      transform.stage = 'executed';
    }
    if (what === 'end' && transform.stage !== 'over' && transform.told) {
      transform.stage = 'over';
      this.caches[pod]?.lift(id, [NAME]);
      this.#messages[1 - pod]?.push(() => this.caches[1 - pod]?.lift(id, [NAME]));
    }
  }
}

const SIZES = { freeMs: KEEP_MS, takenMs: KEEP_MS, maxNames: 4 };
const open = (): Cache => new CheckCache(SIZES);
const steps = fc.array(step as fc.Arbitrary<Step>, { minLength: 10, maxLength: 80, size: 'max' });

function staleAnswers(make: () => Cache, runs: number, seed?: number): World[] {
  return fc.sample(steps, { numRuns: runs, ...(seed === undefined ? {} : { seed }) }).map((story) => {
    const world = new World(make);
    for (const one of story) world.play(one);
    return world;
  });
}

describe('an answer out of the cache', () => {
  it('is never older than the last change that was executed through the set', () => {
    fc.assert(
      fc.property(steps, (story) => {
        const world = new World(open);
        for (const one of story) world.play(one);
        expect(world.stale).toBe(0);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is given often, and between changes: the property above says something', () => {
    const worlds = staleAnswers(open, 1_000, 7);
    const sum = (of: (world: World) => number) => worlds.reduce((total, world) => total + of(world), 0);
    expect(sum(({ hits }) => hits)).toBeGreaterThan(500);
    expect(sum(({ joins }) => joins)).toBeGreaterThan(500);
    expect(sum(({ executed }) => executed)).toBeGreaterThan(1_000);
    // what the property is about: something that was kept, or joined, after something had changed
    expect(sum(({ hitsAfterChange }) => hitsAfterChange)).toBeGreaterThan(250);
    expect(worlds.filter(({ hitsAfterChange }) => hitsAfterChange > 0).length).toBeGreaterThan(100);
    expect(sum(({ joinsAfterChange }) => joinsAfterChange)).toBeGreaterThan(100);
  });

  class OnlyDropsBefore extends CheckCache<number, Check> {
    override hold(change: string, names: readonly string[] | 'all', _untilMs: number, nowMs: number) {
      super.hold(change, names, nowMs, nowMs);
    }
    override lift() {}
  }
  class OnlyDropsAfter extends CheckCache<number, Check> {
    override hold() {}
  }
  class DropsWithoutHolding extends CheckCache<number, Check> {
    override hold(change: string, names: readonly string[] | 'all', _untilMs: number, nowMs: number) {
      super.hold(change, names, nowMs, nowMs);
    }
  }
  class KeepsWhatWasUnderWay extends CheckCache<number, Check> {
    override landed(
      flight: Check,
      answer: (name: string) => { checked: Checked; about: number },
      nowMs: number,
    ) {
      const now = { ...flight };
      super.took(now, nowMs);
      super.landed(now, answer, nowMs);
    }
  }
  class JoinsAndKeepsWhatWasHeld extends CheckCache<number, Check> {
    override took(flight: Check) {
      super.took(flight, Number.POSITIVE_INFINITY);
    }
  }
  it.each([
    OnlyDropsBefore,
    OnlyDropsAfter,
    DropsWithoutHolding,
    KeepsWhatWasUnderWay,
    JoinsAndKeepsWhatWasHeld,
  ])('is found to be old with a cache that %o', (Mutant) => {
    const make = () => new Mutant(SIZES);
    expect(staleAnswers(make, 3_000, 3).some(({ stale }) => stale > 0)).toBe(true);
  });
});
