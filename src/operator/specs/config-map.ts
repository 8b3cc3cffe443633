import type { ConfigMap } from '../../kube/builtin.ts';
import type { ObjectMeta } from '../../kube/objects.ts';

/** Carries a file. */
export function configMap(metadata: ObjectMeta, name: string, text: string): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [name]: text } };
}
