import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import {
  type About,
  type AskedCheck,
  CachedChecks,
  type ChangeNotices,
} from '../../../src/adapter/checks/cached-checks.ts';
import { CheckCache } from '../../../src/adapter/checks/check-cache.ts';
import { checkMetrics } from '../../../src/adapter/checks/metrics.ts';
import type { PooledAccount } from '../../../src/adapter/command-runner.ts';
import type { ReadRequest } from '../../../src/adapter/http/command-request.ts';
import { type Answer, RequestRefused } from '../../../src/adapter/work.ts';
import { EppError } from '../../../src/epp/session.ts';
import { ManualClock } from '../manual-clock.ts';

type Request = ReadRequest<PooledAccount>;

const check = (
  names: readonly string[],
  more: { account?: string; deadlineMs?: number; extensions?: object } = {},
) =>
  ({
    account: { name: more.account ?? 'verisign' },
    operation: 'domain:check',
    work: {
      command: {
        object: 'domain',
        command: 'check',
        body: { names },
        ...(more.extensions ? { extensions: more.extensions } : {}),
      },
      transform: false,
      ...(more.deadlineMs === undefined ? {} : { deadlineMs: more.deadlineMs }),
    },
  }) as unknown as Request;
const create = (name: string) =>
  ({
    account: { name: 'verisign' },
    operation: 'domain:create',
    work: { command: { object: 'domain', command: 'create', body: { name } }, transform: true },
  }) as unknown as Request;

interface Asked {
  names: readonly string[];
  gone: AbortSignal;
  answer(taken?: readonly string[]): void;
  refuse(code: number): void;
  fail(error: Error): void;
}

function setUp() {
  const clock = new ManualClock();
  const cache = new CheckCache<About, AskedCheck>({ freeMs: 1_000, takenMs: 5_000 });
  const asked: Asked[] = [];
  const notes: string[] = [];
  let ids = 0;
  const hears = { everything: true };
  const changes: ChangeNotices = {
    get complete() {
      return hears.everything;
    },
    async begins(names) {
      notes.push(`begins ${names}`);
      return { ended: (certain) => void notes.push(`ended ${certain ? 'certain' : 'uncertain'}`) };
    },
  };
  const registry = new Registry();
  const runner = new CachedChecks({
    next: {
      run({ work }, gone) {
        const { promise, resolve, reject } = Promise.withResolvers<Answer>();
        const names = (work.command.body.names ?? [work.command.body.name]) as string[];
        const results = (code: number) => [{ code, message: 'said' }];
        const id = ++ids;
        asked.push({
          names,
          gone,
          answer: (taken = []) =>
            resolve({
              response: {
                results: results(1000),
                svTRID: `sv-${id}`,
                data: { cd: names.map((name) => ({ name, avail: !taken.includes(name.toLowerCase()) })) },
              },
              clTRID: `cl-${id}`,
            }),
          refuse: (code) =>
            resolve({ response: { results: results(code), svTRID: 'sv' }, clTRID: `cl-${id}` }),
          fail: reject,
        });
        return promise;
      },
    },
    cache,
    changes,
    metrics: checkMetrics(registry, { set: 's', business: 'b' }),
    clock,
  });
  const run = (request: Request, gone = new AbortController().signal) =>
    runner.run(request, gone).then(
      (value) => value,
      (error: Error) => error,
    );
  const told = async (answer: Promise<Answer | Error>) => {
    const it = await answer;
    if (it instanceof Error) throw it;
    const cd = (it.response.data as { cd: { name: string; avail: boolean }[] }).cd;
    return cd.map(({ name, avail }) => `${name} ${avail ? 'free' : 'taken'}`);
  };
  const counted = async () => {
    const { values = [] } = (await registry.getSingleMetric('epp_check_cache_requests_total')?.get()) ?? {};
    return Object.fromEntries(values.map(({ labels, value }) => [labels.result, value]));
  };
  return { clock, asked, notes, run, told, counted, hears };
}

describe('a check', () => {
  it('asks only for what is neither kept nor asked for, and answers in the order and spelling of the caller', async () => {
    const { run, asked, told, counted, clock } = setUp();
    const first = run(check(['kept.com']));
    asked[0]?.answer(['kept.com']);
    await first;
    clock.advance(400);
    const flying = run(check(['flying.com']));
    const mixed = run(check(['New.com', 'KEPT.com', 'flying.com', 'new.com']));
    expect(asked.map(({ names }) => names)).toEqual([['kept.com'], ['flying.com'], ['New.com']]);
    asked[2]?.answer();
    asked[1]?.answer(['flying.com']);
    expect(await told(mixed)).toEqual(['New.com free', 'KEPT.com taken', 'flying.com taken', 'new.com free']);
    expect(await mixed).toMatchObject({ ageMs: 400, clTRID: 'cl-3' });
    expect(await told(flying)).toEqual(['flying.com taken']);
    expect(await counted()).toEqual({ hit: 1, joined: 1, miss: 3 });
  });

  it("that asked for everything itself gets the registry's answer as it is, without an age", async () => {
    const { run, asked } = setUp();
    const answer = run(check(['a.com']));
    asked[0]?.answer();
    expect(await answer).not.toHaveProperty('ageMs');
    expect(await answer).toMatchObject({ clTRID: 'cl-1', response: { svTRID: 'sv-1' } });
  });

  it('goes through with an extension, and leaves nothing behind', async () => {
    const { run, asked } = setUp();
    for (let i = 0; i < 2; i++) {
      const answer = run(check(['a.com'], { extensions: { fee: { currency: 'USD' } } }));
      asked[i]?.answer();
      await answer;
    }
    expect(asked).toHaveLength(2);
  });

  it('asks for itself while a change may not be heard of', async () => {
    const { run, asked, hears, counted } = setUp();
    hears.everything = false;
    for (let i = 0; i < 2; i++) void run(check(['a.com']));
    expect(asked.map(({ names }) => names)).toEqual([['a.com'], ['a.com']]);
    for (const one of asked) one.answer();
    await setImmediate();
    hears.everything = true;
    void run(check(['a.com']));
    expect(asked).toHaveLength(3);
    expect(await counted()).toEqual({ miss: 3 });
  });

  it('of another account asks for itself', async () => {
    const { run, asked } = setUp();
    const one = run(check(['a.com']));
    asked[0]?.answer();
    await one;
    void run(check(['a.com'], { account: 'reseller' }));
    expect(asked).toHaveLength(2);
  });

  it('keeps nothing of an answer that is a refusal, nor of none', async () => {
    const { run, asked } = setUp();
    const refused = run(check(['a.com']));
    asked[0]?.refuse(2400);
    expect(await refused).toMatchObject({ response: { results: [{ code: 2400 }] } });
    const failed = run(check(['a.com']));
    asked[1]?.fail(new EppError('cut', { kind: 'closed', outcome: 'unknown' }));
    expect(await failed).toBeInstanceOf(EppError);
    void run(check(['a.com']));
    expect(asked).toHaveLength(3);
  });

  it('that joined one which was refused for its other names asks by itself', async () => {
    const { run, asked, told } = setUp();
    const first = run(check(['a.com', 'wrong..com']));
    const joined = run(check(['a.com']));
    expect(asked).toHaveLength(1);
    asked[0]?.refuse(2005);
    expect(await first).toMatchObject({ response: { results: [{ code: 2005 }] } });
    await setImmediate();
    expect(asked[1]?.names).toEqual(['a.com']);
    asked[1]?.answer();
    expect(await told(joined)).toEqual(['a.com free']);
  });

  it('fails with the one that it joined', async () => {
    const { run, asked } = setUp();
    const [first, joined] = [run(check(['a.com'])), run(check(['a.com']))];
    asked[0]?.fail(new RequestRefused('queue-full', 'no room'));
    expect(await first).toBeInstanceOf(RequestRefused);
    expect(await joined).toBeInstanceOf(RequestRefused);
  });

  it('is given up when the last of those who wait for it has gone, not before', async () => {
    const { run, asked } = setUp();
    const [a, b] = [new AbortController(), new AbortController()];
    void run(check(['a.com']), a.signal);
    void run(check(['a.com']), b.signal);
    a.abort();
    expect(asked[0]?.gone.aborted).toBe(false);
    b.abort();
    expect(asked[0]?.gone.aborted).toBe(true);
    // and nobody joins what was given up
    void run(check(['a.com']));
    expect(asked).toHaveLength(2);
  });

  it('does not join one that is given up before its own time, and ends at its own', async () => {
    const { run, asked, clock } = setUp();
    const nowMs = clock.monotonicMs();
    void run(check(['a.com'], { deadlineMs: nowMs + 100 }));
    void run(check(['a.com'], { deadlineMs: nowMs + 500 }));
    expect(asked).toHaveLength(2);
    const hasty = run(check(['a.com'], { deadlineMs: nowMs + 50 }));
    expect(asked).toHaveLength(2);
    await setImmediate();
    clock.advance(50);
    expect(await hasty).toMatchObject({ kind: 'timeout' });
  });

  it('answers alike with a cache and without, whatever is asked in whatever order', async () => {
    const label = fc.constantFrom('a.com', 'B.com', 'b.com', 'c.com');
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ ask: fc.array(label, { minLength: 1, maxLength: 4 }) }) },
      { weight: 3, arbitrary: fc.record({ answer: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ wait: fc.nat(3_000) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
        const { run, asked, told, clock } = setUp();
        const open = () => asked.filter((one) => !answered.has(one));
        const answered = new Set<Asked>();
        const answers: { names: string[]; told: Promise<string[]> }[] = [];
        const reply = async (one: Asked | undefined) => {
          if (!one) return;
          answered.add(one);
          one.answer(['b.com']);
          await setImmediate();
        };
        for (const one of steps as { ask?: string[]; answer?: number; wait?: number }[]) {
          clock.advance(one.wait ?? 0);
          if (one.ask) answers.push({ names: one.ask, told: told(run(check(one.ask))) });
          if (one.answer !== undefined) await reply(open()[one.answer % Math.max(1, open().length)]);
        }
        while (open().length > 0) await reply(open()[0]);
        for (const { names, told } of answers)
          expect(await told).toEqual(
            names.map((name) => `${name} ${name.toLowerCase() === 'b.com' ? 'taken' : 'free'}`),
          );
      }),
      { numRuns: 100 },
    );
  });
});

describe('a change', () => {
  it.each<[string, (asked: Asked) => void, string]>([
    ['answered', (asked) => asked.answer(), 'certain'],
    ['refused by the registry', (asked) => asked.refuse(2302), 'certain'],
    ['not sent', (asked) => asked.fail(new RequestRefused('queue-full', 'no')), 'certain'],
    [
      'cut off before it was written',
      (asked) => asked.fail(new EppError('cut', { kind: 'closed', outcome: 'not-sent' })),
      'certain',
    ],
    [
      'unknown',
      (asked) => asked.fail(new EppError('cut', { kind: 'closed', outcome: 'unknown' })),
      'uncertain',
    ],
    ['lost by a fault of ours', (asked) => asked.fail(new TypeError('x')), 'uncertain'],
  ])('is told before it runs, and how it ended: %s', async (_how, end, certain) => {
    const { run, asked, notes } = setUp();
    const answer = run(create('A.com'));
    expect(notes).toEqual(['begins a.com']);
    expect(asked).toHaveLength(0);
    await setImmediate();
    expect(asked).toHaveLength(1);
    end(asked[0] as Asked);
    await answer;
    expect(notes).toEqual(['begins a.com', `ended ${certain}`]);
  });
});
