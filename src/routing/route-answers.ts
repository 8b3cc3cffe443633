/** How decisions of the set router are written down. Pure. */
import type { FoundRoute, NoRoute, RefusedSet, SetView } from './set-router.ts';

export function found<I>(
  level: FoundRoute<I>['level'],
  candidates: readonly I[],
  recoverAll = false,
): FoundRoute<I> {
  return { ok: true, level, candidates, recoverAll };
}

export function none<I>(
  problem: NoRoute<I>['problem'],
  reason: string,
  refused: readonly RefusedSet[] = [],
): NoRoute<I> {
  return { ok: false, level: 'none', candidates: [], problem, reason, refused };
}

/** None of these sets serves. */
export function refusedAll<I>(views: readonly SetView<I>[]): NoRoute<I> {
  const sentences = views.map((view) => `${view.set} is ${stateOf(view)}`);
  return none(
    'no-route',
    `no route: ${sentences.join(', ')}`,
    views.map((view) => ({ set: view.set, why: whyOf(view) })),
  );
}

export function strictRefusal<I>(why: string): NoRoute<I> {
  return none('strict', `no route: ${why}, and strict mode sends nothing to instances of no set`);
}

function whyOf({ dead, draining }: SetView<unknown>): RefusedSet['why'] {
  if (dead.length > 0) return 'dead';
  return draining > 0 ? 'draining' : 'absent';
}

function stateOf({ dead, draining }: SetView<unknown>): string {
  if (dead.length === 0) return draining === 0 ? 'absent' : `draining (${instances(draining)})`;
  return draining === 0
    ? `dead (${instances(dead.length)})`
    : `dead (${instances(dead.length)}, ${draining} more draining)`;
}

function instances(count: number): string {
  return count === 1 ? '1 instance' : `${count} instances`;
}
