import { describe, expect, it } from 'vitest';
import { InFlight } from '../../src/epp/in-flight.ts';
import type { ServerFrame } from '../../src/epp/responses/response.ts';
import { exchangeOf, GREETING_FRAME, replyTo } from './exchanges.ts';
import { CHECK } from './session-fixture.ts';

type Kind = Parameters<typeof exchangeOf>[1];

function inFlight(...all: [string, Kind?][]): InFlight {
  const queue = new InFlight();
  for (const [id, kind] of all) queue.add(exchangeOf(id, kind));
  return queue;
}

describe('match', () => {
  const ONE: [string, Kind?][] = [['A-1']];
  const TWO: [string, Kind?][] = [['A-1'], ['A-2']];
  const HELLO: [string, Kind?][] = [['H', 'hello']];
  it.each<[string, [string, Kind?][], ServerFrame, string, number?]>([
    ['its own clTRID', ONE, replyTo('A-1'), 'A-1'],
    ["the oldest's clTRID", TWO, replyTo('A-1'), 'A-1'],
    ['an error code under its own clTRID', ONE, replyTo('A-1', 2303), 'A-1'],
    ['none, alone in flight', ONE, replyTo(undefined), 'A-1'],
    ['none, alone written', TWO, replyTo(undefined), 'A-1', 1],
    ['none, of two', TWO, replyTo(undefined), 'clTRID (none) came where A-1 was expected'],
    ["another's", ONE, replyTo('B-1'), 'clTRID B-1 came where A-1 was expected'],
    ["the second's", TWO, replyTo('A-2'), 'clTRID A-2 came where A-1 was expected'],
    ['its own in other letters', ONE, replyTo('a-1'), 'clTRID a-1 came where A-1 was expected'],
    ['its own before it was written', ONE, replyTo('A-1'), 'no command was in flight', 0],
    ['any, and nothing in flight', [], replyTo('A-1'), 'no command was in flight'],
    ['a greeting to a hello', HELLO, GREETING_FRAME, 'H'],
    ['a greeting to a command', ONE, GREETING_FRAME, 'a greeting came in answer to check'],
    ['a greeting unasked', [], GREETING_FRAME, 'no command was in flight'],
    ['a reply to a hello', HELLO, replyTo('A-1'), 'clTRID A-1 came where that of a hello was expected'],
    ['an error without clTRID to a hello', HELLO, replyTo(undefined, 2500), 'H'],
  ])('%s', (_, all, frame, expected, written) => {
    const queue = inFlight(...all);
    const match = queue.match(frame, ...(written === undefined ? [] : [written]));
    if ('problem' in match) {
      expect(match.problem).toContain(expected);
      expect(queue.length).toBe(all.length);
      return;
    }
    expect(match.exchange.xml).toBe(`<${expected}/>`);
    expect(queue.length).toBe(all.length - 1);
    if (frame.kind === 'response') expect(match.response).toBe(frame.response);
    else expect(match.response.data).toMatchObject({ svID: 'x' });
  });

  it.each([
    [['another.example'], 'a reply (1000: said) with clTRID A-1 speaks of other names than its command'],
    [CHECK.body.names as string[], undefined],
  ])(
    "takes no answer about %j under the oldest's clTRID for his, while others are in flight",
    (names, problem) => {
      const queue = inFlight(['A-1'], ['A-2']);
      const frame = replyTo('A-1') as Extract<ServerFrame, { kind: 'response' }>;
      const cd = names.map((name) => ({ name, avail: true }));
      const match = queue.match({ ...frame, response: { ...frame.response, data: { cd } } });
      expect('problem' in match ? match.problem : undefined).toBe(problem);
    },
  );

  it('tells the code of what came unasked: a registry that will close may say why', () => {
    expect(new InFlight().match(replyTo(undefined, 2500))).toEqual({
      problem: 'a reply (2500: said) came although no command was in flight',
    });
  });
});

describe('what is overdue', () => {
  it('is told oldest first, without those that nobody waits for', () => {
    const queue = new InFlight();
    queue.add(exchangeOf('A-1', 'query', { dueMs: 300 }));
    queue.add(exchangeOf('A-2', 'query', { dueMs: 100 }));
    queue.add(exchangeOf('A-3', 'query', { dueMs: 200, givenUp: true }));
    queue.add(exchangeOf('A-4'));
    expect(queue.nextDueMs()).toBe(100);
    expect(queue.overdue(99)).toEqual([]);
    expect(queue.overdue(100).map(({ clTRID }) => clTRID)).toEqual(['A-2']);
    expect(queue.overdue(300).map(({ clTRID }) => clTRID)).toEqual(['A-1', 'A-2']);
    expect(queue.takeAll()).toHaveLength(4);
    expect([queue.length, queue.nextDueMs(), queue.head]).toEqual([0, Number.POSITIVE_INFINITY, undefined]);
  });
});
