import type { Deployment } from '../kube/builtin.ts';
import type { KubeObject } from '../kube/objects.ts';
import { demoSecrets } from '../simulator/demo-secrets.ts';

/**
 * The Secrets that simulators among the objects and the adapters that speak to them need, as `eppset simulator secrets` makes them: new at each
 * call. Those that the objects bring themselves are left out.
 */
export async function simulatedSecrets(objects: readonly KubeObject[]): Promise<KubeObject[]> {
  const present = new Set(
    objects
      .filter(({ kind }) => kind === 'Secret')
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
  );
  const made: KubeObject[] = [];
  for (const object of objects) {
    if (!isSimulator(object)) continue;
    const { name, namespace = 'default' } = object.metadata;
    const secrets = (await demoSecrets(name, namespace)) as KubeObject[];
    // All or none: a certificate is of no use with another's CA.
    if (secrets.some(({ metadata }) => present.has(`${metadata.namespace}/${metadata.name}`))) continue;
    made.push(...secrets);
  }
  return made;
}

function isSimulator(object: KubeObject): boolean {
  if (object.kind !== 'Deployment') return false;
  const containers = (object as Deployment).spec?.template.spec?.containers ?? [];
  return containers.some(({ args }) => args?.[0] === 'simulator');
}
