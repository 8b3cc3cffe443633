/**
 * The door: what comes from the Kubernetes API or a file is checked here once, and typed from here on. It answers as the API server
 * would, defaults included, since an object may be older than the CRD that is installed. Nothing here ever throws over its input.
 */
import type { z } from 'zod';
import type { KubeObject, ObjectMeta } from '../kube/objects.ts';
import { type Problem, problemsOf, valueAt } from './problems.ts';
import { OWNER_NAME_RULE } from './schema/object-name.ts';
import type { EppConnectionLease } from './v1alpha1/connection-lease.ts';
import type { EppConnectionLedger } from './v1alpha1/connection-ledger.ts';
import type { EppGateway } from './v1alpha1/gateway.ts';
import {
  GATEWAY_KIND,
  type Kind,
  LEASE_KIND,
  LEDGER_KIND,
  REGISTRY_KIND,
  SET_KIND,
} from './v1alpha1/kinds.ts';
import type { EppRegistry } from './v1alpha1/registry.ts';
import type { EppSet } from './v1alpha1/set.ts';

export type Parsed<T> = { ok: true; value: T } | { ok: false; problems: Problem[] };

export interface ParseOptions {
  /**
   * Fields that this version does not know. `drop` (the default): left out, as the API server leaves them out; so a newer CRD does
   * not stop an older operator. `refuse`: a problem, as `kubectl apply` has it; for what people write.
   */
  unknownFields?: 'drop' | 'refuse';
}

export const parseRegistry = door<EppRegistry>(REGISTRY_KIND);
export const parseSet = door<EppSet>(SET_KIND);
export const parseGateway = door<EppGateway>(GATEWAY_KIND);
export const parseLease = door<EppConnectionLease>(LEASE_KIND);
export const parseLedger = door<EppConnectionLedger>(LEDGER_KIND);

/**
 * A parser of one kind. The value shares `metadata` with its input and has a `spec` of its own, defaults filled in. A status that
 * only repeats what the operator saw is left out when it does not fit; a holder's report that does not fit is a problem.
 */
export function door<T extends KubeObject>(kind: Kind<T>) {
  return (object: unknown, options: ParseOptions = {}): Parsed<T> => {
    const problems = envelopeProblems(kind, object);
    if (!isRecord(object)) return { ok: false, problems };
    const spec = read(kind.spec, object.spec ?? undefined, 'spec', options);
    if (!spec.ok) problems.push(...spec.problems);
    const status = readStatus(kind, object, options);
    if (!status.ok) problems.push(...status.problems);
    if (problems.length > 0 || !spec.ok || !status.ok) return { ok: false, problems };
    const { apiVersion, kind: name } = kind.resource;
    const value = {
      apiVersion,
      kind: name,
      metadata: object.metadata as ObjectMeta,
      spec: spec.value,
      ...(status.value === undefined ? {} : { status: status.value }),
    };
    return { ok: true, value: value as unknown as T };
  };
}

function readStatus(kind: Kind, object: Record<string, unknown>, options: ParseOptions): Parsed<unknown> {
  if (!kind.status || object.status === undefined || object.status === null) {
    return { ok: true, value: undefined };
  }
  const status = read(kind.status, object.status, 'status', options);
  return status.ok || kind.statusBy === 'holder' ? status : { ok: true, value: undefined };
}

function envelopeProblems(kind: Kind, object: unknown): Problem[] {
  const { apiVersion, kind: name } = kind.resource;
  if (!isRecord(object)) return [{ path: '', message: `the ${name} must be an object` }];
  const problems: Problem[] = [];
  const { metadata } = object;
  if (object.apiVersion !== apiVersion)
    problems.push({ path: 'apiVersion', message: `must be ${apiVersion}` });
  if (object.kind !== name) problems.push({ path: 'kind', message: `must be ${name}` });
  if (!isRecord(metadata) || typeof metadata.name !== 'string' || metadata.name === '') {
    problems.push({ path: 'metadata.name', message: 'is missing: every object needs a name' });
  } else if (kind.namesOthers && !OWNER_NAME_RULE.holds(metadata.name)) {
    problems.push({ path: 'metadata.name', message: OWNER_NAME_RULE.message });
  }
  if (isRecord(metadata) && metadata.namespace !== undefined && typeof metadata.namespace !== 'string') {
    problems.push({ path: 'metadata.namespace', message: 'must be a string' });
  }
  return problems;
}

/** What the API server takes out of an object before it judges it: unknown fields, and nulls where none may stand. */
function read(
  schema: z.ZodType,
  input: unknown,
  at: 'spec' | 'status',
  options: ParseOptions,
): Parsed<unknown> {
  let result = schema.safeParse(input);
  if (!result.success) {
    const pruned = prune(input, result.error.issues, options);
    if (pruned !== undefined) {
      input = pruned;
      result = schema.safeParse(input);
    }
  }
  if (result.success) return { ok: true, value: result.data };
  const problems = result.error.issues.flatMap((issue) => problemsOf(issue, [at, ...issue.path], input));
  return { ok: false, problems };
}

/** A copy without what the issues complain of and the API server would have pruned; undefined when that is nothing. */
function prune(
  input: unknown,
  issues: readonly z.core.$ZodIssue[],
  { unknownFields = 'drop' }: ParseOptions,
): unknown {
  const doomed: PropertyKey[][] = [];
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys' && unknownFields === 'drop') {
      doomed.push(...issue.keys.map((key) => [...issue.path, key]));
    } else if (typeof issue.path.at(-1) === 'string' && valueAt(input, issue.path) === null) {
      doomed.push([...issue.path]);
    }
  }
  return doomed.length === 0 ? undefined : without(input, doomed);
}

/** A copy of a tree without the fields at `paths`; only what lies on the way to them is copied. */
function without(tree: unknown, paths: readonly PropertyKey[][]): unknown {
  const here = new Set(paths.filter((path) => path.length === 1).map(([key]) => String(key)));
  const below = Map.groupBy(
    paths.filter((path) => path.length > 1),
    ([key]) => String(key),
  );
  const child = (key: string, value: unknown): unknown => {
    const deeper = below.get(key);
    return deeper
      ? without(
          value,
          deeper.map((path) => path.slice(1)),
        )
      : value;
  };
  if (Array.isArray(tree)) return tree.map((value, index) => child(String(index), value));
  if (!isRecord(tree)) return tree;
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([key]) => !here.has(key))
      .map(([key, value]) => [key, child(key, value)]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
