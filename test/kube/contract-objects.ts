/** What the contract's tests work with. */
import { EPP_SET, type EppSet } from '../../src/api/v1alpha1/set.ts';
import type { ConfigMap, Deployment, Pod } from '../../src/kube/builtin.ts';
import type { KubeClient } from '../../src/kube/interfaces.ts';
import type { KubeObject, Resource } from '../../src/kube/objects.ts';

/** What each test of the contract gets. */
export interface Stage {
  readonly client: KubeClient;
  /** A namespace that nobody else has. */
  namespace(): Promise<string>;
}

/** An intent of server-side apply that says a part of an object. */
export type Loose = KubeObject & Record<string, unknown>;

export function configMap(namespace: string, name: string, data?: Record<string, string>): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, ...(data && { data }) };
}

/** An EppSet with nothing but what must be given. */
export function eppSet(namespace: string, name: string): EppSet {
  return {
    apiVersion: EPP_SET.apiVersion,
    kind: EPP_SET.kind,
    metadata: { namespace, name },
    spec: {
      set: 'epp.core.bj',
      class: 'core',
      pools: [{ registry: 'verisign', min: 1, max: 2 }],
    } as EppSet['spec'],
  };
}

/** A pod that no scheduler touches; with `nodeName` it counts as running on that node. */
export function pod(namespace: string, name: string, nodeName?: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name },
    spec: {
      ...(nodeName !== undefined && { nodeName }),
      // Without one the API server wants the service account `default`, which comes a moment after its namespace.
      automountServiceAccountToken: false,
      containers: [{ name: 'main', image: 'none.example/none:1' }],
    },
  };
}

export function deployment(namespace: string, name: string, env: Record<string, string> = {}): Deployment {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'main',
              image: 'none.example/none:1',
              ...(Object.keys(env).length > 0 && {
                env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
              }),
            },
          ],
        },
      },
    },
  };
}

/** The object, which must be there. */
export async function read<T extends KubeObject>(
  client: KubeClient,
  resource: Resource<T>,
  namespace: string,
  name: string,
): Promise<T> {
  const found = await client.get(resource, { namespace, name });
  if (found === undefined) throw new Error(`there is no ${resource.kind} ${namespace}/${name}`);
  return found;
}

export const versionOf = (object: KubeObject): string => String(object.metadata.resourceVersion);
