import type { Peers } from '../adapter/checks/peers.ts';
import { dnsResolver, type Resolver } from '../adapter/resolver.ts';
import type { Services } from './services.ts';

/** `name`, `name.namespace`, `name.namespace.svc`, `name.namespace.svc.cluster.local`, with or without the last dot. */
export function serviceOf(
  host: string,
  ownNamespace: string,
): { name: string; namespace: string } | undefined {
  const [name = '', namespace = ownNamespace, ...rest] = host.replace(/\.$/, '').split('.');
  const suffix = rest.join('.');
  return suffix === '' || suffix === 'svc' || suffix === 'svc.cluster.local'
    ? { name, namespace }
    : undefined;
}

/** Finds Services as a pod of `namespace` would, at their loopback ports; any other name as the machine does. */
export function clusterResolver(services: Services, namespace: string): Resolver {
  const outside = dnsResolver();
  return async (host, port) => {
    const service = serviceOf(host, namespace);
    const loopback = service && services.portOf(service.namespace, service.name, port);
    return loopback === undefined ? outside(host, port) : { address: '127.0.0.1', port: loopback };
  };
}

/** The pods behind a headless Service, as one of `namespace` finds them: each at a loopback port of its own. */
export function clusterPeers(
  services: Services,
  namespace: string,
  at: { host: string; port: number },
): Peers {
  return {
    async others() {
      const service = serviceOf(at.host, namespace);
      const ports = service ? services.podPorts(service.namespace, service.name, at.port) : [];
      return ports.map((port) => `http://127.0.0.1:${port}`);
    },
  };
}
