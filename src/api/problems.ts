/** What is wrong with an object, in words that fit a condition. */
import type { z } from 'zod';

export interface Problem {
  /** As in `spec.pools[0].min`; empty for the object as a whole. */
  path: string;
  /** The rest of the sentence that begins with the path: what is wrong and what to do. */
  message: string;
}

/** The problems in one sentence each; at most `limit` of them. */
export function describeProblems(problems: readonly Problem[], limit = 5): string {
  const told = problems.slice(0, limit).map(({ path, message }) => `${path} ${message}`.trim());
  const more = problems.length - told.length;
  return `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** `['spec', 'pools', 0, 'min']` as `spec.pools[0].min`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(String(part)))
      text += text === '' ? String(part) : `.${String(part)}`;
    else text += `[${JSON.stringify(clipped(String(part)))}]`;
  }
  return text;
}

/** A zod issue at `path` (from the object's root) as problems. `input` is what was parsed. */
export function problemsOf(issue: z.core.$ZodIssue, path: readonly PropertyKey[], input: unknown): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: formatPath([...path, key]),
      message: 'is not a field of this kind: check its spelling and place',
    }));
  }
  return [{ path: formatPath(path), message: sentence(issue, valueAt(input, issue.path)) }];
}

function sentence(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined
        ? `is missing: it must be ${article(issue.expected)}`
        : `must be ${article(issue.expected)}, not ${shown(value)}`;
    case 'invalid_value':
      return oneOf(issue.values.map(String), value);
    case 'too_small':
      return bound('at least', Number(issue.minimum), issue.origin, value);
    case 'too_big':
      return bound('at most', Number(issue.maximum), issue.origin, value);
    case 'invalid_union':
      return `must be a number or a text of the right form, not ${shown(value)}`;
    default:
      // Our own messages and those given beside a pattern are already the rest of a sentence.
      return issue.message;
  }
}

function oneOf(values: readonly string[], value: unknown): string {
  const wanted = `must be ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}`;
  return value === undefined ? `is missing: it ${wanted}` : `${wanted}, not ${shown(value)}`;
}

function bound(side: 'at least' | 'at most', limit: number, origin: string, value: unknown): string {
  if (origin === 'string') {
    if (side === 'at least' && limit === 1) return 'must not be empty';
    return `must have ${side} ${plural(limit, 'character')}`;
  }
  if (origin === 'array') {
    return `must have ${side} ${plural(limit, 'item')}, not ${Array.isArray(value) ? value.length : 'none'}`;
  }
  return `must be ${side} ${limit}, not ${shown(value)}`;
}

function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

function article(type: string): string {
  const words: Readonly<Record<string, string>> = {
    string: 'a string',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    object: 'an object',
    record: 'an object',
    array: 'a list',
  };
  return words[type] ?? type;
}

/** A value as a message shows it: numbers, switches and short texts; never a whole tree. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(clipped(value));
  if (value === undefined) return 'missing';
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'a list';
  return 'an object';
}

function clipped(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

/** What stands at a path, or undefined. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
