import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { ConfigMap } from '../../kube/builtin.ts';
import { CONFIG_FILE } from './adapter-file.ts';
import { ownedMeta } from './labels.ts';
import { setObjectNames } from './names.ts';

/** Carries the adapters' file. */
export function configMap(set: EppSet, fileText: string): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: ownedMeta(set, setObjectNames(set.metadata.name).adapter),
    data: { [CONFIG_FILE]: fileText },
  };
}
