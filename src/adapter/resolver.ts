/** From a host name to the one address that is connected to. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

export interface ResolvedEndpoint {
  /** An IP address. */
  address: string;
  port: number;
}

/**
 * Asked before a connection is counted: a slow name server must not hold a slot. One address a connection, because
 * several tried at once would each count at the registry.
 */
export type Resolver = (host: string, port: number) => Promise<ResolvedEndpoint>;

type Lookup = (host: string) => Promise<readonly { address: string }[]>;

const systemLookup: Lookup = (host) => lookup(host, { all: true, order: 'verbatim' });

/** All addresses of a name now; an address is its own. */
export async function addressesOf(host: string): Promise<string[]> {
  return isIP(host) === 0 ? (await systemLookup(host)).map(({ address }) => address) : [host];
}

/** The system's resolver (hosts file included). Each call takes the next of the host's addresses, so that a dead one is left. */
export function dnsResolver(options: { lookup?: Lookup } = {}): Resolver {
  const find = options.lookup ?? systemLookup;
  const turns = new Map<string, number>();
  return async (host, port) => {
    if (isIP(host) !== 0) return { address: host, port };
    const addresses = await find(host);
    const turn = turns.get(host) ?? 0;
    turns.set(host, turn + 1);
    const chosen = addresses[turn % addresses.length];
    if (!chosen) throw new Error(`the name ${host} has no address`);
    return { address: chosen.address, port };
  };
}
