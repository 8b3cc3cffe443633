import { toStderr } from '../test/cluster/progress.ts';
import { run } from '../test/cluster/run.ts';
import { kubectlPath } from '../test/cluster/tools.ts';
import { GATEWAY, REGISTRIES, SETS, SHARED_REGISTRY, SHARED_SERVICE, serviceOf } from './cast.ts';
import { NAMESPACE, type Place } from './place.ts';
import { actions, applySamples, clientOf, installByKubectl, type Kubectl } from './place-kubernetes.ts';
import { PortForward } from './port-forward.ts';

const SERVICES = [
  GATEWAY.service,
  ...Object.values(SETS).map(serviceOf),
  ...REGISTRIES.map(({ service }) => service),
];
const LATER_SERVICES = [SHARED_SERVICE, SHARED_REGISTRY.service];

/** The cluster that the kubeconfig's current context names. Its nodes must be able to pull the image. */
export async function openCurrent(): Promise<Place> {
  const image = process.env.EPPSET_IMAGE;
  if (!image)
    throw new Error(
      'CLUSTER=current needs EPPSET_IMAGE: the name of an eppset image that the nodes of the cluster can pull',
    );
  const path = await kubectlPath(toStderr);
  const kubectl: Kubectl = (args, input) => run(path, args, input === undefined ? {} : { input });
  await installByKubectl(kubectl, image);
  await applySamples(kubectl, image);
  const client = await clientOf(undefined);
  const forwards = new Map<string, PortForward>();
  const forward = async (services: readonly string[]) => {
    for (const service of services) forwards.set(service, await PortForward.start(path, NAMESPACE, service));
  };
  await forward(SERVICES);
  const acting = actions(kubectl, image);
  return {
    ...acting,
    name: 'current',
    client,
    serviceUrl: (service) => {
      const found = forwards.get(service);
      if (!found) throw new Error(`nothing is forwarded to the service ${service}`);
      return found.url;
    },
    apply: async (file) => {
      await acting.apply(file);
      await forward(LATER_SERVICES);
    },
    remove: async (file) => {
      for (const service of LATER_SERVICES) forwards.get(service)?.stop();
      await acting.remove(file);
    },
    hints: () => [`kubectl get eppsets,eppreg -n ${NAMESPACE}`],
    close: async () => {
      for (const one of forwards.values()) one.stop();
      await client.close();
      console.log(
        `left in the cluster: namespaces ${NAMESPACE} and eppset-system; remove the first one first, so that its sets are drained`,
      );
    },
  };
}
