import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import type { SessionOptions } from './session-options.ts';

/** What `tls.connect` is given: exactly one TCP connection to exactly one address, and a peer that proves its name. */
export function connectionOptions({
  endpoint,
  tls,
}: Pick<SessionOptions, 'endpoint' | 'tls'>): ConnectionOptions {
  const name = endpoint.serverName ?? endpoint.host;
  const options: ConnectionOptions & { autoSelectFamily: boolean } = {
    host: endpoint.address,
    port: endpoint.port,
    // trying several addresses would open several connections on one slot of the budget
    autoSelectFamily: false,
    // said, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off
    rejectUnauthorized: true,
    minVersion: tls.minVersion ?? 'TLSv1.2',
    // an address cannot be a server name (RFC 6066 section 3)
    ...(isIP(name) === 0 ? { servername: name } : {}),
    // said, because where no server name is, Node would hold the certificate against the address that was resolved
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  };
  return options;
}
