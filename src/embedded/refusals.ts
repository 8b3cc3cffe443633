/** The API server's refusals, in its words, each named after the request like the real client does it. */
import { ApiError } from '../kube/api-error.ts';
import type { Resource } from '../kube/objects.ts';

/** `eppsets.eppset.io "x"`: how the API server names an object in its messages. */
function named(resource: Resource, name: string): string {
  return `${groupResource(resource)} ${JSON.stringify(name)}`;
}

export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

function groupResource(resource: Resource): string {
  const group = groupOf(resource.apiVersion);
  return group === '' ? resource.plural : `${resource.plural}.${group}`;
}

function refusal(what: string, code: number, reason: string, message: string): ApiError {
  return new ApiError(`${what}: ${code} ${reason}: ${message}`, { code, reason });
}

export const badRequest = (what: string, message: string) => refusal(what, 400, 'BadRequest', message);

export const notFound = (what: string, resource: Resource, name: string) =>
  refusal(what, 404, 'NotFound', `${named(resource, name)} not found`);

/** A kind that the server does not serve: a bare 404, which is no absence. */
export const notServed = (what: string) =>
  new ApiError(`${what}: 404: 404 page not found: the embedded API does not serve this kind`, { code: 404 });

export const alreadyExists = (what: string, resource: Resource, name: string) =>
  refusal(what, 409, 'AlreadyExists', `${named(resource, name)} already exists`);

export const conflict = (what: string, resource: Resource, name: string, why: string) =>
  refusal(what, 409, 'Conflict', `Operation cannot be fulfilled on ${named(resource, name)}: ${why}`);

export const modified = (what: string, resource: Resource, name: string) =>
  conflict(
    what,
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

export const wrongUid = (what: string, resource: Resource, name: string, wanted: string, live: string) =>
  conflict(
    what,
    resource,
    name,
    `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${live}`,
  );

export const expired = (what: string, wanted: string, oldest: number) =>
  refusal(what, 410, 'Expired', `too old resource version: ${wanted} (${oldest})`);

/** `path: message` of every fault. */
export function invalid(what: string, resource: Resource, name: string, faults: readonly string[]): ApiError {
  const group = groupOf(resource.apiVersion);
  const kind = group === '' ? resource.kind : `${resource.kind}.${group}`;
  const list = faults.length === 1 ? String(faults[0]) : `[${faults.join(', ')}]`;
  return refusal(what, 422, 'Invalid', `${kind} ${JSON.stringify(name)} is invalid: ${list}`);
}

export const forbidden = (what: string, resource: Resource, name: string, why: string) =>
  refusal(what, 403, 'Forbidden', `${named(resource, name)} is forbidden: ${why}`);
