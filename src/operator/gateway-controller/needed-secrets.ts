import type { EppGateway } from '../../api/v1alpha1/gateway.ts';
import type { NeededSecret } from '../needed-secret.ts';

/** Those without which the pods of a gateway would never start. */
export function neededSecrets({ spec }: EppGateway): NeededSecret[] {
  const { jwt, apiKeys } = spec.authentication ?? {};
  return [
    { field: 'authentication.jwt.secretName', name: jwt?.secretName, keys: ['secret'] },
    { field: 'authentication.apiKeys.secretName', name: apiKeys?.secretName, keys: [] },
  ].flatMap(({ name, ...rest }) => (name === undefined ? [] : [{ ...rest, name }]));
}
