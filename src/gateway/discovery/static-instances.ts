import type { GatewayFile } from '../../api/files/gateway-file.ts';
import type { Instance } from '../instance.ts';
import { DEFAULT_WEIGHT } from './slice-instances.ts';

type StaticDiscovery = Extract<GatewayFile['discovery'], { mode: 'static' }>;

/** The instances that a file lists: ready as far as anybody knows. One that stands there twice is taken where it stands first. */
export function staticInstances({ sets }: StaticDiscovery): Instance[] {
  const instances = new Map<string, Instance>();
  for (const { set, endpoints } of sets) {
    for (const endpoint of endpoints) {
      const { hostname, port } = new URL(endpoint);
      const id = `${hostname}:${port === '' ? '80' : port}`;
      if (instances.has(id)) continue;
      instances.set(id, {
        id,
        origin: `http://${id}`,
        set,
        state: 'ready',
        weight: DEFAULT_WEIGHT,
        source: 'static',
      });
    }
  }
  return [...instances.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
