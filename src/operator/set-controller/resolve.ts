import type { Parsed } from '../../api/parse.ts';
import { describeProblems } from '../../api/problems.ts';
import { findCondition } from '../../api/v1alpha1/conditions.ts';
import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import { egressToWaitFor } from '../egress/egress-condition.ts';
import type { RegistriesByName } from '../specs/adapter-file.ts';
import type { Judgement, Refusal, RefusalReason } from './judgement.ts';

/** What a set refers to. */
export interface SetWorld {
  /** As the API has it: not checked. */
  registry(name: string): EppRegistry | undefined;
  parsedRegistry(raw: EppRegistry): Parsed<EppRegistry>;
  /** Why the minimum of this set at this account is not admitted, in one sentence; undefined when it is. */
  minimumRefusal(registry: EppRegistry, set: EppSet): string | undefined;
  /** There are no egress proxies here: nobody waits for them. */
  alwaysDirect?: boolean;
}

export type Resolution =
  | { judgement: { state: 'resolved' }; registries: RegistriesByName }
  | { judgement: Exclude<Judgement, { state: 'resolved' }>; registries?: never };

/** Finds all that a set needs before anything is made of it. The first thing that is amiss, in the order of the pools, decides. */
export function resolveSet(set: EppSet, world: SetWorld): Resolution {
  const registries = new Map<string, EppRegistry>();
  const pools = [...set.spec.pools].sort((a, b) => (a.registry < b.registry ? -1 : 1));
  let waiting: string | undefined;
  for (const { registry: name } of pools) {
    const found = findRegistry(name, set, world);
    if ('refusal' in found) return { judgement: { state: 'refused', refusal: found.refusal } };
    if ('waiting' in found) waiting ??= found.waiting;
    else registries.set(name, found.registry);
  }
  if (waiting !== undefined) return { judgement: { state: 'waiting', message: waiting } };
  for (const registry of registries.values()) {
    const message = world.minimumRefusal(registry, set);
    if (message !== undefined) {
      return { judgement: { state: 'refused', refusal: { reason: 'MinimumsExceedLimit', message } } };
    }
  }
  return { judgement: { state: 'resolved' }, registries };
}

type Found = { registry: EppRegistry } | { waiting: string } | { refusal: Refusal };

function findRegistry(name: string, set: EppSet, world: SetWorld): Found {
  const refuse = (reason: RefusalReason, message: string): Found => ({ refusal: { reason, message } });
  const raw = world.registry(name);
  if (raw === undefined) {
    const { namespace } = set.metadata;
    return refuse(
      'RegistryNotFound',
      `EppRegistry ${name}, which a pool names, does not exist in namespace ${namespace}: create it or remove the pool`,
    );
  }
  if (raw.metadata.deletionTimestamp !== undefined) {
    return refuse('RegistryDeleting', `EppRegistry ${name} is being deleted: remove the pool that names it`);
  }
  const parsed = world.parsedRegistry(raw);
  if (!parsed.ok) {
    return refuse(
      'RegistryInvalid',
      `EppRegistry ${name} is not valid: ${describeProblems(parsed.problems)}`,
    );
  }
  const credentials = findCondition(raw.status?.conditions, 'CredentialsAvailable');
  if (credentials === undefined || credentials.observedGeneration !== raw.metadata.generation) {
    return { waiting: `the Secrets of EppRegistry ${name} have not been looked at yet` };
  }
  if (credentials.status === 'False') {
    return refuse('CredentialsMissing', `EppRegistry ${name} cannot be used: ${credentials.message}`);
  }
  const egress = world.alwaysDirect ? undefined : egressToWaitFor(parsed.value);
  return egress === undefined ? { registry: parsed.value } : { waiting: egress };
}
