import { POD } from '../kube/builtin.ts';
import type { Reader } from '../kube/interfaces.ts';
import type { OperatorOptions } from './options.ts';
import type { PodImage } from './specs/pod.ts';

/** Name of the operator's container in `manifests/install.yaml`. */
const CONTAINER = 'operator';

/**
 * What adapters run: the image of the options, else that of the operator's own pod, so that there is one place to change it. Throws
 * when the pod cannot be found.
 */
export async function adapterImage(
  client: Pick<Reader, 'get'>,
  { image, imagePullPolicy, pod: key }: OperatorOptions,
  signal: AbortSignal,
): Promise<PodImage> {
  if (image !== undefined) return { image, imagePullPolicy };
  const pod = key && (await client.get(POD, key, signal));
  const containers = pod?.spec?.containers ?? [];
  const own = containers.find(({ name }) => name === CONTAINER) ?? containers[0];
  if (own?.image === undefined) {
    throw new Error(
      `pod ${key?.namespace}/${key?.name}, whose image the adapters should run, was not found: correct POD_NAME and POD_NAMESPACE, or name the image`,
    );
  }
  return {
    image: own.image,
    imagePullPolicy: imagePullPolicy ?? (own.imagePullPolicy as PodImage['imagePullPolicy']),
  };
}
