/** What is wrong with a command's JSON, in words for its caller. */
import type { z } from 'zod';

export interface CommandIssue {
  /** As in `period.value` or `names[2]`; `body` for the whole. */
  path: string;
  message: string;
}

/** A command whose JSON is wrong. Every issue names the field; no message holds a value, which may be a secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly issues: readonly CommandIssue[];

  constructor(command: string, issues: readonly CommandIssue[]) {
    super(`${command}: ${issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`);
    this.issues = issues;
  }
}

/** An unknown field is named itself, not the object that it stands in. @param at where the checked value stands */
export function issuesOf(issue: z.core.$ZodIssue, at: readonly PropertyKey[] = []): CommandIssue[] {
  const path = [...at, ...issue.path];
  if (issue.code !== 'unrecognized_keys') return [{ path: pathOf(path), message: inWords(issue) }];
  return issue.keys.map((key) => ({
    path: pathOf([...path, key]),
    message: 'is not known here: check its spelling and place, or leave it out',
  }));
}

/** What is to be done, and never what was given: that may be a secret. */
function inWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type': {
      const missing = issue.message.endsWith('received undefined') ? 'is missing: it ' : '';
      return `${missing}must be ${KINDS[issue.expected] ?? issue.expected}`;
    }
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return bound('at least', Number(issue.minimum), issue.origin);
    case 'too_big':
      return bound('at most', Number(issue.maximum), issue.origin);
    case 'invalid_union':
      return issue.errors.flatMap(([first]) => (first ? [inWords(first)] : [])).join(', or ');
    case 'invalid_format':
      return issue.format === 'date' ? 'must be a date that exists, as in "2026-01-31"' : issue.message;
    default:
      return issue.message;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
};

function bound(side: 'at least' | 'at most', limit: number, origin: string): string {
  const thing = { string: 'character', array: 'item' }[origin];
  if (thing === undefined) return `must be ${side} ${limit}`;
  return `must have ${side} ${limit} ${thing}${limit === 1 ? '' : 's'}`;
}

const LONGEST_KEY = 64;

/** `['names', 2]` as `names[2]`; a key that is no plain word as `extensions["a.b"]`. */
export function pathOf(path: readonly PropertyKey[]): string {
  let written = '';
  for (const part of path) {
    const key = typeof part === 'string' ? part.slice(0, LONGEST_KEY) : String(part);
    if (typeof part === 'number') written += `[${part}]`;
    else if (!/^[\w-]+$/.test(key)) written += `[${JSON.stringify(key)}]`;
    else written += written === '' ? key : `.${key}`;
  }
  return written === '' ? 'body' : written;
}
