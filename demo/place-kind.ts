import {
  INTERNAL_TOKEN_HEADER,
  INTERNAL_TOKEN_KEYS,
  INTERNAL_TOKEN_SECRET,
} from '../src/api/http/internal-token.ts';
import { engine } from '../test/cluster/engine.ts';
import { buildImage } from '../test/cluster/image.ts';
import {
  createCluster,
  deleteCluster,
  type KindCluster,
  openCluster,
  uniqueName,
} from '../test/cluster/kind.ts';
import { toStderr } from '../test/cluster/progress.ts';
import { helmPath } from '../test/cluster/tools.ts';
import { GATEWAY, REGISTRIES, SETS, SHARED_REGISTRY, SHARED_SERVICE, serviceOf } from './cast.ts';
import { NAMESPACE, type Place } from './place.ts';
import {
  actions,
  applySamples,
  clientOf,
  installByHelm,
  type Kubectl,
  kubectlOk,
  manifestText,
} from './place-kubernetes.ts';

/** The cluster that `make up` leaves running. */
const KEPT_NAME = 'eppset';

/** The name that samples and documents use for our image. */
export const SAMPLES_IMAGE = 'eppset:dev';

/** Services that the demo reaches from outside, each by a NodePort of its own (demo/nodeports.yaml). */
const NODE_PORTS: Readonly<Record<string, number>> = {
  [serviceOf(SETS.core)]: 30080,
  [serviceOf(SETS.manage)]: 30081,
  [serviceOf(SETS.query)]: 30082,
  [REGISTRIES[0].service]: 30083,
  [REGISTRIES[1].service]: 30084,
  [SHARED_SERVICE]: 30085,
  [SHARED_REGISTRY.service]: 30086,
  [GATEWAY.service]: 30087,
};

/** A place whose cluster can be reached otherwise too. */
export interface KindPlace extends Place {
  readonly kubeconfig: string;
  readonly kubectl: Kubectl;
  /** Our own image in the cluster. */
  readonly image: string;
  /** `helm upgrade`: with the same values, but for another image where one is named. */
  upgrade(image?: string): Promise<void>;
}

/** A cluster before anything is installed. */
export type BareCluster = Pick<KindPlace, 'kubeconfig' | 'kubectl' | 'image'>;

/**
 * @param options.keep the cluster outlives this process, under a name of its own
 * @param options.install gets the operator into a cluster that was made for this, perhaps with the samples; by the chart where absent
 */
export async function openKind(options: {
  keep: boolean;
  install?(cluster: BareCluster): Promise<void>;
}): Promise<KindPlace> {
  const found = await openCluster(KEPT_NAME);
  const isKept = options.keep || (found && !options.install);
  const cluster = isKept ? KEPT_NAME : uniqueName('eppset-demo');
  const keep = cluster === KEPT_NAME;
  const running = await engine();
  // The image is built while the cluster comes up.
  const [kind, { image }] = await Promise.all([
    createCluster({
      name: cluster,
      keep,
      ports: Object.values(NODE_PORTS).map((nodePort) => ({ nodePort })),
    }),
    buildImage(running, toStderr),
  ]);
  try {
    await kind.loadImage(image);
    // The nodes share its layers.
    await kind.loadImage(SAMPLES_IMAGE);
    const bare = { kubeconfig: kind.kubeconfigPath, kubectl: kind.kubectl, image };
    const helm = await helmPath(toStderr);
    const upgrade = (to = image) => installByHelm(helm, bare.kubeconfig, to);
    await (options.install?.(bare) ?? upgrade());
    // By the name under which they may be there already: another one would start the simulators again.
    await applySamples(kind.kubectl, options.install ? SAMPLES_IMAGE : image);
    await kubectlOk(kind.kubectl, ['apply', '-f', '-'], await manifestText('demo/nodeports.yaml'));
    return {
      ...(await placeOf(kind, image, keep)),
      ...bare,
      upgrade,
    };
  } catch (error) {
    if (!keep) await kind.delete();
    throw error;
  }
}

async function placeOf(kind: KindCluster, image: string, keep: boolean): Promise<Place> {
  const client = await clientOf(kind.kubeconfigPath);
  const { kubectl } = kind;
  const hostPort = (service: string): number => {
    const port = kind.ports.find(({ nodePort }) => nodePort === NODE_PORTS[service])?.hostPort;
    if (port === undefined) throw new Error(`no port of the cluster leads to the service ${service}`);
    return port;
  };
  const serviceUrl = (service: string) => `http://127.0.0.1:${hostPort(service)}`;
  return {
    ...actions(kubectl, image),
    name: 'kind',
    client,
    serviceUrl,
    hints: () => [
      `export KUBECONFIG=${kind.kubeconfigPath}`,
      `kubectl get eppsets,eppreg -n ${NAMESPACE}`,
      `kubectl get eppledger,epplease -n ${NAMESPACE}`,
      `curl -s ${serviceUrl(GATEWAY.service)}/com/check -H 'content-type: application/json' -d '{"names":["example.com"]}'`,
      `curl -s ${serviceUrl(GATEWAY.service)}/com/create -H 'content-type: application/json' -d '{"name":"example.com","period":{"value":1,"unit":"y"},"authInfo":{"pw":"demo-only-1"}}'`,
      `TOKEN=$(kubectl get secret ${INTERNAL_TOKEN_SECRET} -n ${NAMESPACE} -o jsonpath='{.data.${INTERNAL_TOKEN_KEYS.send}}' | base64 -d)`,
      `curl -s ${serviceUrl(serviceOf(SETS.core))}/debug/pools -H "${INTERNAL_TOKEN_HEADER}: $TOKEN"`,
      `curl -s ${serviceUrl(REGISTRIES[0].service)}/stats`,
    ],
    close: async () => {
      await client.close();
      if (!keep) await kind.delete();
    },
  };
}

/** Removes the cluster of `make up`. */
export async function removeKind(): Promise<void> {
  const removed = await deleteCluster(KEPT_NAME);
  console.log(removed ? `the cluster ${KEPT_NAME} is gone` : `there is no cluster ${KEPT_NAME}`);
}
