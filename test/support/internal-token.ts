/** For those who ask adapters themselves, as a gateway does. */
import {
  INTERNAL_TOKEN_HEADER,
  INTERNAL_TOKEN_KEYS,
  INTERNAL_TOKEN_SECRET,
} from '../../src/api/http/internal-token.ts';
import { SECRET } from '../../src/kube/builtin.ts';
import type { Reader } from '../../src/kube/interfaces.ts';

/** The header that adapters of a namespace want to see; none while it has no token. */
export async function tokenHeaders(client: Reader, namespace: string): Promise<Record<string, string>> {
  const secret = await client.get(SECRET, { namespace, name: INTERNAL_TOKEN_SECRET });
  const send = secret?.data?.[INTERNAL_TOKEN_KEYS.send];
  return send === undefined
    ? {}
    : { [INTERNAL_TOKEN_HEADER]: Buffer.from(send, 'base64').toString('utf8').trim() };
}
