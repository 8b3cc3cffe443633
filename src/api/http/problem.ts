/** What problem details (RFC 9457) of adapters and of gateways have in common. Pure. */

export const PROBLEM_TYPE = 'application/problem+json';

/**
 * What a caller may do next. `never`: mend the request first. `after`: again, here, when `Retry-After` has passed. `elsewhere`:
 * again, at another pod or set. `reconcile`: it may have been carried out; ask with info before anything else. `account`:
 * somebody must mend the registry account.
 */
export const RETRY_CLASSES = ['never', 'after', 'elsewhere', 'reconcile', 'account'] as const;
export type RetryClass = (typeof RETRY_CLASSES)[number];

/** Seconds for Retry-After, where the class is `after` and nobody knows better. */
export const RETRY_AFTER_SECONDS = 1;

/** What the `type` of a problem leads to, for people. */
export function problemText(code: string, title: string, text: string, lines: readonly string[]): string {
  return `${code}: ${title}\n\n${text}\n\n${lines.map((line) => `- ${line}\n`).join('')}`;
}
