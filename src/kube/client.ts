import { ApiError, isGone, isInvalid, isNotFound } from './api-error.ts';
import type { ClusterConfig } from './cluster-config.ts';
import type { DeleteOptions, Intent, KubeClient, ListOptions, ObjectList, WatchEvent } from './interfaces.ts';
import { readLines } from './lines.ts';
import { type KubeObject, keyOf, type ObjectKey, type Resource } from './objects.ts';
import { collectionPath, describe, objectPath, type Query, withQuery } from './resource-path.ts';
import { watchError } from './status-error.ts';
import { Transport, type TransportOptions } from './transport.ts';

export interface ClientOptions extends TransportOptions {
  /** Objects in one page of a list. Default 500. */
  pageSize?: number;
  /** The server ends a watch after between one and two of these, so that watches spread over its replicas. Default 300 s. */
  watchSeconds?: number;
}

export interface ClosableKubeClient extends KubeClient {
  /** Breaks what is under way and closes all connections. */
  close(): Promise<void>;
}

export const FIELD_MANAGER = 'eppset';
export const STATUS_FIELD_MANAGER = 'eppset-status';

/** How often a list starts again because its pages became too old, before it is read in one piece. */
const MAX_RESTARTS = 2;
/** A server that does not end a watch in time is late by at most this, or dead. */
const WATCH_GRACE_MS = 15_000;

/** A client of a real API server. Opens no connection before it is used. */
export function createClient(config: ClusterConfig, options: ClientOptions): ClosableKubeClient {
  return new Client(new Transport(config, options), options);
}

class Client implements ClosableKubeClient {
  readonly #transport: Transport;
  readonly #pageSize: number;
  readonly #watchSeconds: number;

  constructor(transport: Transport, options: ClientOptions) {
    this.#transport = transport;
    this.#pageSize = options.pageSize ?? 500;
    this.#watchSeconds = options.watchSeconds ?? 300;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const what = describe('get', resource, key);
    try {
      return (await this.#transport.request(
        { what, method: 'GET', path: objectPath(resource, key) },
        signal,
      )) as T;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions = {},
    signal?: AbortSignal,
  ): Promise<ObjectList<T>> {
    for (let restarts = 0; ; restarts += 1) {
      try {
        const limit = restarts > MAX_RESTARTS ? undefined : this.#pageSize;
        return await this.#listPages(resource, options, limit, signal);
      } catch (error) {
        if (!isGone(error) || restarts > MAX_RESTARTS) throw error;
      }
    }
  }

  async #listPages<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions,
    limit: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ObjectList<T>> {
    const what = describe('list', resource);
    const collection = collectionPath(resource, options.namespace);
    const items: T[] = [];
    let next: string | undefined;
    let resourceVersion: string | undefined;
    do {
      const path = withQuery(collection, { ...selectors(options), limit, continue: next });
      const page = (await this.#transport.request({ what, method: 'GET', path }, signal)) as Page<T>;
      // Items of built-in kinds come without these two.
      for (const item of page.items ?? [])
        items.push({ ...item, apiVersion: resource.apiVersion, kind: resource.kind });
      resourceVersion ??= page.metadata.resourceVersion;
      next = page.metadata.continue || undefined;
    } while (next !== undefined);
    return { items, resourceVersion };
  }

  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions & { resourceVersion: string },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>, void> {
    const what = describe('watch', resource);
    const timeoutSeconds = Math.round(this.#watchSeconds * (1 + Math.random()));
    const path = withQuery(collectionPath(resource, options.namespace), {
      ...selectors(options),
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: options.resourceVersion,
      timeoutSeconds,
    });
    const lifetimeMs = timeoutSeconds * 1000 + WATCH_GRACE_MS;
    const chunks = this.#transport.stream({ what, method: 'GET', path }, lifetimeMs, signal);
    for await (const line of readLines(chunks)) {
      const event = decodeWatchEvent<T>(what, line);
      if (event !== undefined) yield event;
    }
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T> {
    const path = withQuery(collectionPath(resource, object.metadata.namespace), {
      fieldManager: FIELD_MANAGER,
    });
    return await this.#write('create', 'POST', path, resource, object, signal);
  }

  replace<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T> {
    return this.#replace('replace', undefined, resource, object, signal);
  }

  replaceStatus<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T> {
    return this.#replace('replace status of', 'status', resource, object, signal);
  }

  async #replace<T extends KubeObject>(
    verb: string,
    subresource: 'status' | undefined,
    resource: Resource<T>,
    object: T,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    // Without it the API would overwrite whatever is there.
    if (!object.metadata.resourceVersion)
      throw new Error(
        `${describe(verb, resource, keyOf(object))}: metadata.resourceVersion is not set; read the object first`,
      );
    const fieldManager = subresource === undefined ? FIELD_MANAGER : STATUS_FIELD_MANAGER;
    const path = withQuery(objectPath(resource, keyOf(object), subresource), { fieldManager });
    return await this.#write(verb, 'PUT', path, resource, object, signal);
  }

  async delete(
    resource: Resource,
    key: ObjectKey,
    options: DeleteOptions = {},
    signal?: AbortSignal,
  ): Promise<boolean> {
    const { uid, resourceVersion, propagationPolicy, gracePeriodSeconds } = options;
    const preconditions =
      uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions,
      propagationPolicy,
      gracePeriodSeconds,
    };
    const what = describe('delete', resource, key);
    try {
      await this.#transport.request(
        { what, method: 'DELETE', path: objectPath(resource, key), body },
        signal,
      );
      return true;
    } catch (error) {
      if (isAbsence(error)) return false;
      throw error;
    }
  }

  async apply<T extends KubeObject>(
    resource: Resource<T>,
    intent: Intent<T>,
    options: { fieldManager?: string; dryRun?: boolean } = {},
    signal?: AbortSignal,
  ): Promise<T> {
    const path = withQuery(objectPath(resource, keyOf(intent)), {
      fieldManager: options.fieldManager ?? FIELD_MANAGER,
      force: true,
      dryRun: options.dryRun ? 'All' : undefined,
    });
    return await this.#apply('apply', path, resource, intent, signal);
  }

  async applyStatus<T extends KubeObject>(
    resource: Resource<T>,
    intent: Intent<T>,
    options: { fieldManager?: string } = {},
    signal?: AbortSignal,
  ): Promise<T> {
    const path = withQuery(objectPath(resource, keyOf(intent), 'status'), {
      fieldManager: options.fieldManager ?? STATUS_FIELD_MANAGER,
      force: true,
    });
    return await this.#apply('apply status of', path, resource, intent, signal);
  }

  async #apply<T extends KubeObject>(
    verb: string,
    path: string,
    resource: Resource<T>,
    intent: Intent<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    try {
      return await this.#write(verb, 'PATCH', path, resource, intent, signal);
    } catch (error) {
      // An intent for an object that was deleted is a conflict by the API's own word, but invalid when there is a successor.
      if (!isInvalid(error) || !(error as ApiError).invalidFields.includes('metadata.uid')) throw error;
      const { message } = error as ApiError;
      throw new ApiError(message, { code: 409, reason: 'Conflict', cause: error });
    }
  }

  async #write<T extends KubeObject>(
    verb: string,
    method: 'POST' | 'PUT' | 'PATCH',
    path: string,
    resource: Resource<T>,
    object: KubeObject,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const what = describe(verb, resource, keyOf(object));
    // Server-side apply wants this type; JSON is YAML.
    const contentType = method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json';
    return (await this.#transport.request({ what, method, path, body: object, contentType }, signal)) as T;
  }
}

/** A kind that the server does not serve is a 404 too, but a plain text: a cluster without our CRDs, not an absent object. */
function isAbsence(error: unknown): boolean {
  return isNotFound(error) && (error as ApiError).reason === 'NotFound';
}

interface Page<T> {
  metadata: { resourceVersion: string; continue?: string };
  items?: T[];
}

function selectors(options: ListOptions): Query {
  return { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
}

/** One line of a watch stream; undefined for a type that we do not know. Throws the ApiError that an ERROR event carries. */
export function decodeWatchEvent<T extends KubeObject>(
  what: string,
  line: string,
): WatchEvent<T> | undefined {
  const event = parseLine<T>(what, line);
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: event.type, object: event.object };
    case 'BOOKMARK':
      return { type: 'BOOKMARK', resourceVersion: event.object.metadata.resourceVersion ?? '' };
    case 'ERROR':
      throw watchError(what, event.object);
    default:
      return undefined;
  }
}

/** A stream that breaks off leaves half a line. The error does not quote it: it may be a Secret. */
function parseLine<T>(what: string, line: string): { type: string; object: T } {
  try {
    return JSON.parse(line) as { type: string; object: T };
  } catch {
    throw new ApiError(`${what}: the stream broke off inside an event`, { code: 0, reason: 'NoAnswer' });
  }
}
