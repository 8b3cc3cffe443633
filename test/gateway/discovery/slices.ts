import type { V1Endpoint } from '@kubernetes/client-node';
import { ANNOTATION, LABEL } from '../../../src/api/v1alpha1/labels.ts';
import { GATEWAY_MANAGER } from '../../../src/gateway/discovery/slice-instances.ts';
import type { EndpointSlice } from '../../../src/kube/builtin.ts';

/** A slice of `epp.core.bj` with one port 8080 named http. */
export function slice(
  endpoints: V1Endpoint[],
  options: {
    name?: string;
    set?: readonly [prefix: string, business: string, region: string];
    headless?: boolean;
    registered?: boolean;
    addressType?: string;
    weight?: string;
    ports?: EndpointSlice['ports'];
  } = {},
): EndpointSlice {
  const { name = 'slice', set = ['epp', 'core', 'bj'], addressType = 'IPv4', weight } = options;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      labels: {
        [LABEL.component]: 'adapter',
        [LABEL.setPrefix]: set[0],
        [LABEL.setBusiness]: set[1],
        [LABEL.setRegion]: set[2],
        ...(options.headless && { 'service.kubernetes.io/headless': '' }),
        ...(options.registered && { [LABEL.managedBy]: GATEWAY_MANAGER }),
      },
      ...(weight !== undefined && { annotations: { [ANNOTATION.weight]: weight } }),
    },
    addressType,
    endpoints,
    ports:
      'ports' in options ? (options.ports as EndpointSlice['ports'] & {}) : [{ name: 'http', port: 8080 }],
  };
}

export const pod = (uid: string, address: string, conditions: V1Endpoint['conditions'] = {}): V1Endpoint => ({
  addresses: [address],
  conditions,
  targetRef: { kind: 'Pod', name: uid, uid },
});
