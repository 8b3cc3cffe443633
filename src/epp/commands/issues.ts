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
  if (issue.code !== 'unrecognized_keys') return [{ path: pathOf(path), message: issue.message }];
  return issue.keys.map((key) => ({
    path: pathOf([...path, key.slice(0, 64)]),
    message: 'is not known here',
  }));
}

/** `['names', 2]` as `names[2]`. */
function pathOf(path: readonly PropertyKey[]): string {
  let written = '';
  for (const part of path) {
    if (typeof part === 'number') written += `[${part}]`;
    else written += written === '' ? String(part) : `.${String(part)}`;
  }
  return written === '' ? 'body' : written;
}
