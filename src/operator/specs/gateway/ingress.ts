import type { EppGateway, EppGatewaySpec } from '../../../api/v1alpha1/gateway.ts';
import type { Ingress } from '../../../kube/builtin.ts';
import { gatewayObjectNames } from '../names.ts';
import { gatewayMeta } from './labels.ts';

/** Leads callers from outside the cluster to the gateway's Service. */
export function gatewayIngress(
  gateway: EppGateway,
  { host, className, tlsSecretName, annotations }: NonNullable<EppGatewaySpec['ingress']>,
): Ingress {
  const name = gatewayObjectNames(gateway.metadata.name).gateway;
  const backend = { service: { name, port: { name: 'http' } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { ...gatewayMeta(gateway, name), ...(annotations && { annotations }) },
    spec: {
      ...(className !== undefined && { ingressClassName: className }),
      rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      ...(tlsSecretName !== undefined && { tls: [{ hosts: [host], secretName: tlsSecretName }] }),
    },
  };
}
