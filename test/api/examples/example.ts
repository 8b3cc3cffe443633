/** The table of good and bad objects: one list a kind, judged by zod, by the structural schema and by a real API server. */
import type { Kind } from '../../../src/api/v1alpha1/kinds.ts';

/** Changes to a base object by dotted path (`spec.pools.0.min`); undefined removes. */
export type Changes = Record<string, unknown>;

export interface GoodExample {
  name: string;
  changes: Changes;
}

export interface BadExample extends GoodExample {
  /** Where the problem is told to be. */
  path: string;
  /** Words of the message that people read. */
  says: string;
  /** `schema`: the plain structural schema refuses it already; `rule`: only the rules do. */
  by: 'schema' | 'rule';
}

export interface BadTransition {
  name: string;
  /** What the object is changed to after the base was created. */
  changes: Changes;
  path: string;
  says: string;
}

export interface Examples {
  kind: Kind;
  base: Record<string, unknown>;
  good: readonly GoodExample[];
  bad: readonly BadExample[];
  goodTransitions?: readonly GoodExample[];
  badTransitions?: readonly BadTransition[];
}

export const good = (name: string, changes: Changes): GoodExample => ({ name, changes });

/** A bad example that the structural schema refuses. */
export const misshapen = (name: string, changes: Changes, path: string, says: string): BadExample => ({
  name,
  changes,
  path,
  says,
  by: 'schema',
});

/** A bad example that only a rule refuses. */
export const broken = (name: string, changes: Changes, path: string, says: string): BadExample => ({
  name,
  changes,
  path,
  says,
  by: 'rule',
});

export const badTransition = (name: string, changes: Changes, path: string, says: string): BadTransition => ({
  name,
  changes,
  path,
  says,
});

/** The base with the changes in it. */
export function changed(base: Record<string, unknown>, changes: Changes): Record<string, unknown> {
  const copy = structuredClone(base);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    let parent: Record<string, unknown> = copy;
    for (const key of keys) {
      parent[key] ??= {};
      parent = parent[key] as Record<string, unknown>;
    }
    if (value === undefined) delete parent[last];
    else parent[last] = structuredClone(value);
  }
  return copy;
}

/** `['x1', 'x2', …]`. */
export const many = (amount: number, prefix = 'x'): string[] =>
  Array.from({ length: amount }, (_, index) => `${prefix}${index + 1}`);
