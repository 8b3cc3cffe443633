/** The parts of an object that different requests may change. */
import type { KubeObject, ObjectMeta } from '../kube/objects.ts';

/** What a replace may change of the metadata. */
export function mergeMeta(live: ObjectMeta, sent: ObjectMeta): ObjectMeta {
  const { labels: _l, annotations: _a, finalizers: _f, ownerReferences: _o, ...fixed } = live;
  const { labels, annotations, finalizers, ownerReferences } = sent;
  return {
    ...fixed,
    ...(labels && { labels }),
    ...(annotations && { annotations }),
    ...(finalizers && { finalizers }),
    ...(ownerReferences && { ownerReferences }),
  };
}

/** The API leaves out empty maps and lists of the metadata. */
export function withoutEmpty(metadata: ObjectMeta): ObjectMeta {
  const filled = Object.entries(metadata).filter(
    ([, value]) => typeof value !== 'object' || Object.keys(value).length > 0,
  );
  return Object.fromEntries(filled) as unknown as ObjectMeta;
}

/** The identity of an object alone. */
export function bare({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }) } };
}

export const statusOf = (object: KubeObject): unknown => (object as { status?: unknown }).status;

export function setStatus(object: KubeObject, status: unknown): void {
  const target = object as { status?: unknown };
  if (status === undefined) delete target.status;
  else target.status = status;
}

/** All but metadata and status: what `generation` counts. */
export function contentOf(object: KubeObject): Record<string, unknown> {
  const { metadata: _metadata, status: _status, ...content } = object as unknown as Record<string, unknown>;
  return content;
}
