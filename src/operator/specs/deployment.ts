import { ANNOTATION } from '../../api/v1alpha1/labels.ts';
import type { EppSet } from '../../api/v1alpha1/set.ts';
import type { Deployment } from '../../kube/builtin.ts';
import {
  ACCOUNTS_DIR,
  accountSecrets,
  CONFIG_FILE,
  poolsWithRegistries,
  type RegistriesByName,
  SET_DIR,
  setSecrets,
} from './adapter-file.ts';
import { ownedMeta, podLabels, podSelector } from './labels.ts';
import { dnsLabel, setObjectNames } from './names.ts';
import {
  type MountedVolume,
  mountedConfig,
  mountedSecret,
  mountedToken,
  type PodImage,
  programPod,
} from './pod.ts';
import { rolloutStrategy } from './rollout.ts';

/** Drain (30 s for commands, logout, 2 s linger) and report, with room to spare. */
const GRACE_SECONDS = 75;

/** The set's adapters. */
export function deployment(
  set: EppSet,
  registries: RegistriesByName,
  { configChecksum, ...image }: PodImage & { configChecksum: string },
): Deployment {
  const { template, autoscaling, replicas } = set.spec;
  const name = setObjectNames(set.metadata.name).adapter;
  const selector = podSelector(set);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: ownedMeta(set, name),
    spec: {
      // Whoever scales automatically owns the number then.
      ...(autoscaling === undefined && { replicas }),
      revisionHistoryLimit: 3,
      selector: { matchLabels: selector },
      strategy: rolloutStrategy(set, registries),
      template: {
        metadata: {
          labels: podLabels(set),
          annotations: {
            ...template.annotations,
            [ANNOTATION.set]: set.spec.set,
            [ANNOTATION.configChecksum]: configChecksum,
          },
        },
        spec: programPod({
          ...image,
          program: 'adapter',
          file: CONFIG_FILE,
          serviceAccountName: name,
          graceSeconds: GRACE_SECONDS,
          selector,
          template,
          mounts: mountedVolumes(set, registries),
        }),
      },
    },
  };
}

/** The file, the Secrets of every account and of the set beside it, and the token of those who may call. */
function mountedVolumes(set: EppSet, registries: RegistriesByName): MountedVolume[] {
  const { adapter } = setObjectNames(set.metadata.name);
  const secrets = poolsWithRegistries(set, registries).flatMap(({ registry }) =>
    accountSecrets(registry).map(({ folder, secretName }) =>
      mountedSecret(
        dnsLabel(registry.metadata.name, `-${folder}`),
        secretName,
        `${ACCOUNTS_DIR}/${registry.metadata.name}/${folder}`,
      ),
    ),
  );
  const ofSet = setSecrets(set).map(({ folder, secretName }) =>
    mountedSecret(`set-${folder}`, secretName, `${SET_DIR}/${folder}`),
  );
  const token = set.spec.callers === 'Anyone' ? [] : [mountedToken()];
  return [mountedConfig(adapter), ...secrets, ...ofSet, ...token];
}
