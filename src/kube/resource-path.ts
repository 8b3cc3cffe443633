import { keyString, type ObjectKey, type Resource } from './objects.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The path of a collection: of one namespace, or of all when none is given. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const group = resource.apiVersion.includes('/') ? '/apis' : '/api';
  const scope =
    resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${group}/${resource.apiVersion}${scope}/${resource.plural}`;
}

/** The path of one object, or of its subresource. Throws when the name or the namespace is missing: that would be a collection. */
export function objectPath(resource: Resource, key: ObjectKey, subresource?: 'status'): string {
  if (!key.name) throw new Error(`${resource.kind}: no name given`);
  if (resource.namespaced && !key.namespace)
    throw new Error(`${resource.kind} ${key.name}: no namespace given`);
  const path = `${collectionPath(resource, key.namespace)}/${encodeURIComponent(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Appends the parameters that have a value. */
export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** `replace EppSet default/epp.core.bj`: how errors and logs name a request. */
export function describe(verb: string, resource: Resource, key?: ObjectKey): string {
  return key === undefined ? `${verb} ${resource.plural}` : `${verb} ${resource.kind} ${keyString(key)}`;
}
