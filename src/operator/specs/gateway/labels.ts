import type { EppGateway } from '../../../api/v1alpha1/gateway.ts';
import { FIELD_MANAGER, LABEL } from '../../../api/v1alpha1/labels.ts';
import type { ObjectMeta } from '../../../kube/objects.ts';
import { COMPONENT_GATEWAY, metaOf } from '../labels.ts';

/** What never changes in the life of an EppGateway. */
export function gatewaySelector({ metadata }: EppGateway): Record<string, string> {
  return { [LABEL.component]: COMPONENT_GATEWAY, [LABEL.gateway]: metadata.name };
}

/** On everything that belongs to a gateway. None of a set's: who looks for instances of sets must not find gateways. */
export function gatewayLabels(gateway: EppGateway): Record<string, string> {
  return {
    ...gatewaySelector(gateway),
    [LABEL.name]: 'eppset-gateway',
    [LABEL.instance]: gateway.metadata.name,
    [LABEL.partOf]: 'eppset',
    [LABEL.managedBy]: FIELD_MANAGER.objects,
  };
}

/** Metadata of an object that the gateway owns. */
export function gatewayMeta(gateway: EppGateway, name: string): ObjectMeta {
  return metaOf(gateway, name, gatewayLabels(gateway));
}
