import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  celString,
  constraintsOf,
  immutable,
  matching,
  rule,
  transition,
} from '../../../src/api/schema/rule.ts';

const span = () =>
  rule(
    z.strictObject({ a: z.strictObject({ from: z.int() }), to: z.int() }),
    {
      cel: 'self.a.from <= self.to',
      holds: ({ a, to }) => a.from <= to,
      message: 'must not be before 100% of from ({a.from})',
      path: ['to'],
    },
    { cel: 'self.to < 100', holds: ({ to }) => to < 100, message: 'must end' },
  );

describe('rule', () => {
  it('carries its CEL text with a fallback and an expression for the message', () => {
    expect(constraintsOf(span()).map(({ validation }) => validation)).toEqual([
      {
        rule: 'self.a.from <= self.to',
        message: 'must not be before 100% of from',
        messageExpression: "'must not be before 100%% of from (%s)'.format([self.a.from])",
        fieldPath: '.to',
      },
      { rule: 'self.to < 100', message: 'must end' },
    ]);
  });

  it('checks the same in JavaScript, every rule, with the value in the message', () => {
    expect(span().safeParse({ a: { from: 1 }, to: 2 }).success).toBe(true);
    const issues = span().safeParse({ a: { from: 300 }, to: 200 }).error?.issues ?? [];
    expect(issues.map(({ path, message }) => [path, message])).toEqual([
      [['to'], 'must not be before 100% of from (300)'],
      [[], 'must end'],
    ]);
  });

  it('survives further building', () => {
    const built = span().describe('a span').optional();
    expect(built.safeParse({ a: { from: 3 }, to: 2 }).success).toBe(false);
    expect(built.safeParse(undefined).success).toBe(true);
  });

  it('is told from a check that the API server would never see', () => {
    const bare = z.string().refine((text) => text !== 'x');
    expect(() => constraintsOf(bare)).toThrow('say it with rule()');
    expect(() => constraintsOf(z.string().trim())).toThrow('say it with rule()');
  });
});

describe('transition', () => {
  it('stands in the schema and does not bother parsing', () => {
    const grown = transition(z.int(), {
      cel: 'self >= oldSelf',
      holds: (value, old) => value >= old,
      message: 'must not fall',
    });
    expect(grown.safeParse(1).success).toBe(true);
    const [constraint] = constraintsOf(grown);
    expect(constraint?.validation).toEqual({ rule: 'self >= oldSelf', message: 'must not fall' });
    expect([constraint?.transition?.holds(1, 2), constraint?.transition?.holds(2, 2)]).toEqual([false, true]);
  });

  it('makes a field immutable, saying what to do instead', () => {
    const [constraint] = constraintsOf(immutable(z.string().max(5), 'make another'));
    expect(constraint?.validation?.rule).toBe('self == oldSelf');
    expect(constraint?.validation?.message).toBe('cannot be changed: make another');
    expect(constraint?.transition?.holds('a', 'b')).toBe(false);
  });
});

describe('matching', () => {
  it('anchors its pattern on both sides', () => {
    const ab = matching(z.string(), 'a|b', 'must be a or b');
    expect(['a', 'b', 'ab', 'xa', 'bx', 'a\n', ''].map((text) => ab.safeParse(text).success)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(constraintsOf(ab)[0]?.validation?.rule).toBe("self.matches('^(a|b)$')");
  });

  it.each(['a(?=b)', '(?<!a)b', '(?i)a', '(a)\\1', '\\s', '\\p{L}', 'a.b', 'a{1001}'])(
    'refuses %s, which RE2 takes otherwise',
    (pattern) => {
      expect(() => matching(z.string(), pattern, '')).toThrow(/RE2/);
    },
  );

  it.each(['(?:a|b)', 'a[.]b', 'a\\.b', '[^.]+', '(25[0-5]|[0-9])', 'a{1,1000}'])('takes %s', (pattern) => {
    expect(() => matching(z.string(), pattern, '')).not.toThrow();
  });
});

describe('celString', () => {
  it('quotes what would end the literal', () => {
    expect(celString("a'b\\c")).toBe("'a\\'b\\\\c'");
  });
});
