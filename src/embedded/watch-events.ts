/** From changes of the store to what one watch is told. */
import type { WatchEvent } from '../kube/interfaces.ts';
import type { KubeObject, Resource } from '../kube/objects.ts';
import type { Change } from './history.ts';
import { copyJson } from './json.ts';
import { kindKey } from './object-table.ts';
import * as refuse from './refusals.ts';
import type { Matcher } from './selectors.ts';

export function watchFrom(what: string, resourceVersion: string): number {
  if (!/^[0-9]+$/.test(resourceVersion))
    throw refuse.badRequest(what, `invalid resourceVersion ${JSON.stringify(resourceVersion)}: list first`);
  return Number(resourceVersion);
}

/** What a watch with this selection is told of a change. An object that leaves the selection is deleted to it. */
export function eventFor<T extends KubeObject>(
  { resource, type, object, previous, version }: Change,
  wanted: Resource<T>,
  matches: Matcher,
): WatchEvent<T> | undefined {
  if (kindKey(resource) !== kindKey(wanted)) return undefined;
  const was = previous !== undefined && matches(previous);
  const is = type !== 'DELETED' && matches(object);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: copyJson(object) as T };
  if (!was) return undefined;
  const last = type === 'DELETED' ? object : previous;
  const told = { ...last, metadata: { ...last.metadata, resourceVersion: String(version) } };
  return { type: 'DELETED', object: copyJson(told) as T };
}
