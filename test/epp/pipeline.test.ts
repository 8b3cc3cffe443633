import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/epp/in-flight.ts';
import { Pipeline } from '../../src/epp/pipeline.ts';
import { exchangeOf, replyTo } from './exchanges.ts';

const ids = (exchanges: readonly Exchange[]) => exchanges.map(({ clTRID }) => clTRID);

/** Of `Q` queries and `T` transforms. */
function pipelineOf(depth: number, commands: string): Pipeline {
  const pipeline = new Pipeline(depth);
  [...commands].forEach((kind, i) => {
    pipeline.add(exchangeOf(`${kind}${i}`, kind === 'T' ? 'transform' : 'query'));
  });
  return pipeline;
}

describe('stage', () => {
  it.each([
    [1, 'QQ', ['Q0']],
    [4, 'QQQQQ', ['Q0', 'Q1', 'Q2', 'Q3']],
    [4, 'TQQ', ['T0', 'Q1', 'Q2']],
    [4, 'QT', ['Q0']],
    [4, 'QTQ', ['Q0']],
    [4, 'TT', ['T0']],
    [4, 'TQTQ', ['T0', 'Q1']],
  ])('with depth %i of %s lets out %j', (depth, commands, expected) => {
    const pipeline = pipelineOf(depth, commands);
    pipeline.stage(0);
    expect(pipeline.staged).toBe(expected.length);
    expect(ids(pipeline.take())).toEqual(expected);
    expect([pipeline.staged, pipeline.inFlight, pipeline.waiting]).toEqual([
      0,
      expected.length,
      commands.length - expected.length,
    ]);
  });

  it('passes over what is too late, and what waits behind it goes out instead', () => {
    const pipeline = new Pipeline(1);
    pipeline.add(exchangeOf('A-1', 'transform', { deadlineMs: 50 }));
    pipeline.add(exchangeOf('A-2', 'query', { deadlineMs: 51 }));
    expect(ids(pipeline.stage(50))).toEqual(['A-1']);
    expect(ids(pipeline.take())).toEqual(['A-2']);
  });
});

describe('what is late', () => {
  /** All written at 0, each with so much time. */
  function written(commands: string, ...dueMs: number[]): Pipeline {
    const pipeline = pipelineOf(8, commands);
    pipeline.stage(0);
    pipeline.take().forEach((exchange, i) => {
      exchange.dueMs = dueMs[i] ?? Number.POSITIVE_INFINITY;
    });
    return pipeline;
  }

  it.each([
    ['the only query', 'Q', [10], 'Q0', []],
    ['the oldest of several queries', 'QQ', [10, 90], 'Q0', []],
    ['a younger query', 'QQ', [90, 10], 'Q1', []],
    ['a transform', 'TQ', [10, 90], 'T0', []],
    ['a query behind a transform', 'TQQ', [90, 10, 90], undefined, ['Q1']],
    ['transform and query', 'TQ', [10, 10], 'T0', []],
    ['nothing', 'TQ', [90, 90], undefined, []],
  ])('%s', (_, commands, dueMs, fatal, givenUp) => {
    const pipeline = written(commands, ...dueMs);
    const late = pipeline.overdue(10);
    expect([late.fatal?.clTRID, ids(late.givenUp)]).toEqual([fatal, givenUp]);
    expect(pipeline.stuck).toBe(givenUp.length > 0);
  });

  it('behind a transform lets nothing out any more, and keeps its place until it is answered', () => {
    const pipeline = written('TQ', 90, 10);
    pipeline.overdue(10);
    pipeline.add(exchangeOf('A-9'));
    pipeline.stage(10);
    expect([pipeline.staged, pipeline.room]).toEqual([0, 0]);
    expect(pipeline.overdue(20)).toEqual({ fatal: undefined, givenUp: [] });
    expect(pipeline.nextDueMs()).toBe(90);
    expect(pipeline.match(replyTo('Q1'))).toHaveProperty('problem');
    expect(pipeline.match(replyTo('T0'))).toMatchObject({ exchange: { clTRID: 'T0' } });
    expect(pipeline.match(replyTo('Q1'))).toMatchObject({ exchange: { clTRID: 'Q1', givenUp: true } });
  });
});

describe('takeExpired', () => {
  it('takes those that wait and whose time is over, and tells when to look again', () => {
    const pipeline = pipelineOf(1, 'T');
    pipeline.stage(0);
    for (const [id, deadlineMs] of [
      ['A-1', 30],
      ['A-2', 20],
      ['A-3', 40],
    ] as const) {
      pipeline.add(exchangeOf(id, 'query', { deadlineMs }));
    }
    expect(pipeline.nextDueMs()).toBe(20);
    expect(pipeline.takeExpired(19)).toEqual([]);
    expect(ids(pipeline.takeExpired(30))).toEqual(['A-1', 'A-2']);
    expect(pipeline.nextDueMs()).toBe(40);
    expect(pipeline.waiting).toBe(1);
  });
});

type Step =
  | { do: 'add'; transform: boolean; lifeMs: number }
  | { do: 'stage' | 'take' | 'answer' | 'expire' | 'remove' }
  | { do: 'wait'; ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('add' as const),
      transform: fc.boolean(),
      lifeMs: fc.constantFrom(5, 50, Number.POSITIVE_INFINITY),
    }),
    fc.record({ do: fc.constantFrom('stage', 'take', 'answer', 'answer', 'expire', 'remove') }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20 }) }),
  ),
  { maxLength: 80 },
);

describe('a life of a pipeline', () => {
  it('writes everything once at most and in order, a transform only behind answers, nothing after its deadline', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 5 }), (all, depth) => {
        const pipeline = new Pipeline(depth);
        const added: Exchange[] = [];
        const left: Exchange[] = [];
        const out: Exchange[] = [];
        const answered = new Set<Exchange>();
        let nowMs = 0;
        for (const step of all) {
          if (step.do === 'wait') nowMs += step.ms;
          if (step.do === 'add') {
            const deadlineMs = nowMs + step.lifeMs;
            const what = step.transform ? 'transform' : 'query';
            const exchange = exchangeOf(`A-${added.length}`, what, { deadlineMs });
            added.push(exchange);
            const { room } = pipeline;
            pipeline.add(exchange);
            // room means what it says
            const before = pipeline.staged;
            left.push(...pipeline.stage(nowMs));
            if (!step.transform && room > 0) expect(pipeline.staged - before).toBe(1);
          }
          if (step.do === 'stage') left.push(...pipeline.stage(nowMs));
          if (step.do === 'expire') left.push(...pipeline.takeExpired(nowMs));
          if (step.do === 'remove') {
            const waiting = added.findLast((one) => !out.includes(one) && !left.includes(one));
            if (waiting && pipeline.remove(waiting)) left.push(waiting);
          }
          if (step.do === 'take') {
            for (const exchange of pipeline.take()) {
              const unanswered = out.filter((one) => !answered.has(one));
              if (exchange.command.transform) expect(unanswered).toEqual([]);
              expect(unanswered.length).toBeLessThan(depth);
              out.push(exchange);
            }
          }
          if (step.do === 'answer') {
            const head = out.find((one) => !answered.has(one));
            const match = pipeline.match(replyTo(head?.clTRID));
            if (head) {
              expect(match).toHaveProperty('exchange', head);
              answered.add(head);
            } else {
              expect(match).toHaveProperty('problem');
            }
          }
        }
        expect(out).toEqual(added.filter((one) => out.includes(one)));
        expect(new Set([...out, ...left]).size).toBe(out.length + left.length);
        const { written, unwritten } = pipeline.takeAll();
        expect(written).toEqual(out.filter((one) => !answered.has(one)));
        expect(new Set([...out, ...left, ...unwritten])).toEqual(new Set(added));
      }),
      { numRuns: 500 },
    );
  });
});
