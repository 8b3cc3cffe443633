/** What changes of Deployments mean for pods. */
import { DEPLOYMENT, type Deployment } from '../kube/builtin.ts';
import { covers } from '../operator/apply/covers.ts';
import { canonicalJson } from '../operator/specs/canonical.ts';
import type { OwnedChange } from './changes.ts';

/** Pods of one set or gateway that come, go or are replaced. */
export interface PodChange {
  kind: string;
  namespace: string;
  /** Name of the set or gateway. */
  name: string;
  before: number;
  after: number;
  /** Pods that are replaced by new ones, one step after the other. */
  replaced: number;
  /** How, where some are: `Recreate`, or RollingUpdate with its bounds. */
  strategy?: string;
}

/** Undefined for what leaves the pods alone. @param was what was intended until now, where that is what is there */
export function podChange(
  owner: { kind: string; name: string },
  { resource, action, intent, live, namespace }: OwnedChange,
  was: Deployment | undefined,
): PodChange | undefined {
  if (resource !== DEPLOYMENT) return undefined;
  const [wanted, found] = [intent as Deployment | undefined, live as Deployment | undefined];
  const before = found?.spec?.replicas ?? (found ? 1 : 0);
  const after = action === 'delete' ? 0 : (wanted?.spec?.replicas ?? (found ? before : 1));
  const template = wanted?.spec?.template;
  const isReplaced =
    action === 'change' &&
    (!covers(template, found?.spec?.template) ||
      (was !== undefined && canonicalJson(was.spec?.template) !== canonicalJson(template)));
  const replaced = isReplaced ? Math.min(before, after) : 0;
  if (before === after && replaced === 0) return undefined;
  const strategy = replaced > 0 && wanted ? strategyOf(wanted) : undefined;
  return { ...owner, namespace, before, after, replaced, ...(strategy !== undefined && { strategy }) };
}

function strategyOf({ spec }: Deployment): string {
  const { type = 'RollingUpdate', rollingUpdate } = spec?.strategy ?? {};
  if (rollingUpdate === undefined) return type;
  return `${type}, maxSurge ${rollingUpdate.maxSurge}, maxUnavailable ${rollingUpdate.maxUnavailable}`;
}
