/** The other adapters of a set. */
import { lookup } from 'node:dns/promises';

export interface Peers {
  /** Their HTTP faces as they are found now, as `http://10.0.0.3:8080`; this adapter's own may be among them. May reject. */
  others(): Promise<readonly string[]>;
}

type Lookup = (host: string) => Promise<readonly { address: string; family: number }[]>;

const systemLookup: Lookup = (host) => lookup(host, { all: true });

/** By a name with an address for each of them: in Kubernetes a headless Service. */
export function dnsPeers(at: { host: string; port: number }, options: { lookup?: Lookup } = {}): Peers {
  const find = options.lookup ?? systemLookup;
  return {
    async others() {
      try {
        const addresses = await find(at.host);
        return addresses.map(
          ({ address, family }) => `http://${family === 6 ? `[${address}]` : address}:${at.port}`,
        );
      } catch (error) {
        // A headless Service without a ready pod has no address
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
        throw error;
      }
    },
  };
}
