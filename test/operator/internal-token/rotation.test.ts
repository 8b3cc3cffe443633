import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptText,
  freshTokens,
  mendedTokens,
  type RotationView,
  readTokens,
  rotation,
  type Tokens,
} from '../../../src/operator/internal-token/rotation.ts';

const [OLD, NEW, OTHER] = ['o', 'n', 'x'].map((letter) => letter.repeat(43)) as [string, string, string];
const OVERLAP = 300_000;
const PERIOD = 30 * 86_400_000;
const NOW = new Date('2026-03-01T00:00:00Z');
const ago = (ms: number) => new Date(NOW.getTime() - ms);

const step = (tokens: Tokens, view: Partial<RotationView> = {}) =>
  rotation({
    tokens,
    changedAt: ago(0),
    asked: false,
    now: NOW,
    seenForMs: 0,
    overlapMs: OVERLAP,
    periodMs: PERIOD,
    fresh: () => NEW,
    ...view,
  });

describe('the change of a token', () => {
  const steady = freshTokens(OLD);
  const announced = { send: OLD, accept: [OLD, NEW] };
  const switched = { send: NEW, accept: [OLD, NEW] };

  it.each<[string, Tokens, Partial<RotationView>, ReturnType<typeof rotation>]>([
    ['waits for its time', steady, { changedAt: ago(PERIOD - 5) }, { step: 'wait', ms: 5 }],
    ['begins when it is old', steady, { changedAt: ago(PERIOD) }, { step: 'announce', tokens: announced }],
    ['begins when somebody asks', steady, { asked: true }, { step: 'announce', tokens: announced }],
    [
      'begins when somebody asks and nobody knows its age',
      steady,
      { asked: true, changedAt: undefined },
      { step: 'announce', tokens: announced },
    ],
    ['notes the time where nobody knows it', steady, { changedAt: undefined }, { step: 'note' }],
    ['takes no time of the future', steady, { changedAt: ago(-1) }, { step: 'note' }],
    [
      'shows the new one when all accept it',
      announced,
      { seenForMs: OVERLAP },
      { step: 'switch', tokens: switched },
    ],
    ['not before', announced, { seenForMs: OVERLAP - 1 }, { step: 'wait', ms: 1 }],
    [
      'drops the old one when nobody shows it',
      switched,
      { seenForMs: OVERLAP },
      { step: 'end', tokens: freshTokens(NEW) },
    ],
    ['not before', switched, { seenForMs: 0 }, { step: 'wait', ms: OVERLAP }],
    ['hears a second wish only in the end', announced, { asked: true }, { step: 'wait', ms: OVERLAP }],
  ])('%s', (_, tokens, view, expected) => {
    expect(step(tokens, view)).toEqual(expected);
  });

  it('keeps what is shown among what all accept, before and after each step', () => {
    let before: Tokens = steady;
    const names: string[] = [];
    for (const view of [{ asked: true }, { seenForMs: OVERLAP }, { seenForMs: OVERLAP }]) {
      const next = step(before, view);
      if (!('tokens' in next)) throw new Error(next.step);
      names.push(next.step);
      // Pods that have read the Secret and pods that have not, either way round.
      expect(before.accept).toContain(next.tokens.send);
      expect(next.tokens.accept).toContain(before.send);
      expect(readTokens({ send: next.tokens.send, accept: acceptText(next.tokens) })).toEqual(next.tokens);
      before = next.tokens;
    }
    expect(names).toEqual(['announce', 'switch', 'end']);
    expect(before).toEqual(freshTokens(NEW));
  });
});

describe('tokens in a Secret', () => {
  it.each<[string, { send: string | undefined; accept: string | undefined }, RegExp, Tokens]>([
    ['without send', { send: undefined, accept: OLD }, /key send is missing/, freshTokens(OLD)],
    ['without accept', { send: OLD, accept: undefined }, /key accept is missing/, freshTokens(OLD)],
    ['with nothing', { send: '', accept: '\n' }, /key send/, freshTokens(NEW)],
    ['with a short one', { send: 'short', accept: 'short' }, /32 or more/, freshTokens(NEW)],
    ['with one of two words', { send: `${OLD} x`, accept: OLD }, /key send/, freshTokens(OLD)],
    ['that do not agree', { send: OLD, accept: NEW }, /does not have the token/, freshTokens(OLD)],
    [
      'with three to take',
      { send: OLD, accept: [OLD, NEW, OTHER].join('\n') },
      /more than two/,
      freshTokens(OLD),
    ],
    ['with one twice', { send: OLD, accept: `${OLD}\n${OLD}` }, /twice/, freshTokens(OLD)],
  ])('%s are told and mended', (_, raw, problem, mended) => {
    expect(readTokens(raw)).toMatch(problem);
    expect(mendedTokens(raw, () => NEW)).toEqual(mended);
  });

  it('are taken with line ends and blanks around them', () => {
    expect(readTokens({ send: `${OLD}\n`, accept: ` ${OLD} \n\n${NEW}\r\n` })).toEqual({
      send: OLD,
      accept: [OLD, NEW],
    });
  });

  it('are never shown in what is wrong with them, and are right once mended', () => {
    const text = fc.option(fc.stringMatching(/^([!-~]{0,50}\n?){0,4}$/), { nil: undefined });
    fc.assert(
      fc.property(text, text, (send, accept) => {
        const problem = readTokens({ send, accept });
        if (typeof problem !== 'string') return;
        for (const line of `${send}\n${accept}`.split('\n')) {
          if (line.trim().length >= 16) expect(problem).not.toContain(line.trim());
        }
        const mended = mendedTokens({ send, accept }, () => NEW);
        expect(readTokens({ send: mended.send, accept: acceptText(mended) })).toEqual(mended);
      }),
    );
  });
});
