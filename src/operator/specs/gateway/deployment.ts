import type { EppGateway } from '../../../api/v1alpha1/gateway.ts';
import { ANNOTATION } from '../../../api/v1alpha1/labels.ts';
import type { Deployment } from '../../../kube/builtin.ts';
import { gatewayObjectNames } from '../names.ts';
import { mountedConfig, mountedSecret, mountedToken, type PodImage, programPod } from '../pod.ts';
import { AUTH_DIR, authSecrets, GATEWAY_CONFIG_FILE } from './file.ts';
import { gatewayLabels, gatewayMeta, gatewaySelector } from './labels.ts';

/**
 * Requests in flight get their answers: 35 s by default, and time for Services to forget the pod. Not of `spec.timeouts`, which change
 * while pods run: who allows requests of more than a minute has those cut that are under way when a pod goes.
 */
const GRACE_SECONDS = 75;

/** The gateway's pods. Nothing in their template depends on what they take over while they run. */
export function gatewayDeployment(
  gateway: EppGateway,
  { configChecksum, ...image }: PodImage & { configChecksum: string },
): Deployment {
  const { template, replicas } = gateway.spec;
  const { gateway: name } = gatewayObjectNames(gateway.metadata.name);
  const selector = gatewaySelector(gateway);
  const auth = authSecrets(gateway).map(({ folder, secretName }) =>
    mountedSecret(`auth-${folder}`, secretName, `${AUTH_DIR}/${folder}`),
  );
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: gatewayMeta(gateway, name),
    spec: {
      replicas,
      revisionHistoryLimit: 3,
      selector: { matchLabels: selector },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: {
          labels: gatewayLabels(gateway),
          annotations: { ...template.annotations, [ANNOTATION.configChecksum]: configChecksum },
        },
        spec: programPod({
          ...image,
          program: 'gateway',
          file: GATEWAY_CONFIG_FILE,
          serviceAccountName: name,
          graceSeconds: GRACE_SECONDS,
          selector,
          template,
          mounts: [mountedConfig(name), mountedToken(), ...auth],
        }),
      },
    },
  };
}
