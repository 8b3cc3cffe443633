/**
 * The console behind the cluster's own authorization: a TokenReview says who asks, SubjectAccessReviews what he may list. Nobody sees more
 * here than `kubectl get` would show him.
 */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { EPP_CONNECTION_LEASE } from '../api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER } from '../api/v1alpha1/connection-ledger.ts';
import { EPP_GATEWAY } from '../api/v1alpha1/gateway.ts';
import { GROUP } from '../api/v1alpha1/group.ts';
import { EPP_REGISTRY } from '../api/v1alpha1/registry.ts';
import { EPP_SET } from '../api/v1alpha1/set.ts';
import type { Writer } from '../kube/interfaces.ts';
import type { KubeObject, Resource } from '../kube/objects.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Access, Verdict } from './access.ts';

export interface ClusterAccessOptions {
  /** May create tokenreviews and subjectaccessreviews. */
  client: Pick<Writer, 'create'>;
  clock: Clock;
  log: Log;
  /** The only one that is shown; all by default. */
  namespace?: string | undefined;
}

interface User {
  username?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

interface TokenReview extends KubeObject {
  spec: { token: string };
  status?: { authenticated?: boolean; user?: User };
}

interface SubjectAccessReview extends KubeObject {
  spec: object;
  status?: { allowed?: boolean };
}

const TOKEN_REVIEW: Resource<TokenReview> = {
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
};
const SUBJECT_ACCESS_REVIEW: Resource<SubjectAccessReview> = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
};

/** A namespace is shown whole or not at all. */
const KINDS_SHOWN = [EPP_REGISTRY, EPP_SET, EPP_GATEWAY, EPP_CONNECTION_LEDGER, EPP_CONNECTION_LEASE];
const KEEP_MS = 30_000;
/** Shorter: who has just been given the right should not wait long. */
const KEEP_REFUSAL_MS = 5_000;
const MAX_KEPT = 1_000;
/** Of verdicts that are being found out: tokens that anybody makes up must not become a load on the API server. */
const MAX_UNDER_WAY = 8;
const NAMESPACES_AT_ONCE = 4;
/** RFC 6750, section 2.1. */
const BEARER = /^Bearer +([\w\-.~+/]+=*)$/i;

export function clusterAccess(options: ClusterAccessOptions): Access {
  const { clock, log } = options;
  const kept = new LRUCache<string, Promise<Verdict>>({
    max: MAX_KEPT,
    ttl: KEEP_MS,
    ttlResolution: 0,
    // An entry of time 0 would never age
    perf: { now: () => 1 + clock.monotonicMs() },
  });
  let underWay = 0;

  const findOut = async (key: string, token: string, namespaces: readonly string[]): Promise<Verdict> => {
    underWay += 1;
    try {
      const verdict = await review(options, token, namespaces);
      if ('refused' in verdict) kept.set(key, Promise.resolve(verdict), { ttl: KEEP_REFUSAL_MS });
      return verdict;
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'the console could not find out what somebody may see');
      kept.delete(key);
      return { refused: 503 };
    } finally {
      underWay -= 1;
    }
  };

  return {
    needsToken: true,
    verdict: async (authorization, namespaces) => {
      const token = BEARER.exec(authorization ?? '')?.[1];
      if (token === undefined) return { refused: 401 };
      // A token itself is not kept longer than a request needs it.
      const key = createHash('sha256').update(token).digest('base64');
      const known = kept.get(key);
      if (known !== undefined) return await known;
      if (underWay >= MAX_UNDER_WAY) return { refused: 503 };
      const finding = findOut(key, token, namespaces);
      kept.set(key, finding);
      return await finding;
    },
  };
}

async function review(
  { client, namespace }: ClusterAccessOptions,
  token: string,
  namespaces: readonly string[],
): Promise<Verdict> {
  const reviewed = await client.create(TOKEN_REVIEW, { ...head(TOKEN_REVIEW), spec: { token } });
  const { authenticated, user } = reviewed.status ?? {};
  if (authenticated !== true || user === undefined) return { refused: 401 };

  const mayList = async (where?: string): Promise<boolean> => {
    for (const { plural } of KINDS_SHOWN) {
      const resourceAttributes = {
        group: GROUP,
        resource: plural,
        verb: 'list',
        ...(where !== undefined && { namespace: where }),
      };
      const { username, uid, groups, extra } = user;
      const { status } = await client.create(SUBJECT_ACCESS_REVIEW, {
        ...head(SUBJECT_ACCESS_REVIEW),
        spec: { user: username, uid, groups, extra, resourceAttributes },
      });
      if (status?.allowed !== true) return false;
    }
    return true;
  };

  if (namespace === undefined && (await mayList())) return { sight: 'all' };
  const asked = namespace === undefined ? [...namespaces] : [namespace];
  const sight = await those(asked, mayList);
  return sight.size === 0 ? { refused: 403 } : { sight };
}

async function those(
  names: readonly string[],
  hold: (name: string) => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const left = [...names];
  const worker = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift())
      if (await hold(name)) found.add(name);
  };
  await Promise.all(Array.from({ length: NAMESPACES_AT_ONCE }, worker));
  return found;
}

/** Reviews are not kept by the API server and have no name. */
const head = ({ apiVersion, kind }: Resource) => ({ apiVersion, kind, metadata: { name: '' } });
