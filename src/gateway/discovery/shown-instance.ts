import type { Instance } from '../instance.ts';

/** An instance as the discovery API shows it. */
export function shownInstance({ id, origin, set, state, weight, source }: Instance): object {
  return { id, origin, set: set ?? null, state, weight, source };
}
