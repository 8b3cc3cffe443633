/** What others read out of a pod: whether it is ready, where it listens, who selects it. */
import type { Pod, Service } from '../kube/builtin.ts';
import { PORTS_ANNOTATION } from './pod-worker.ts';
import { containerPort } from './probe.ts';

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** The loopback port behind a pod's port; undefined when the pod does not listen there. */
export function loopbackPort(pod: Pod, port: number | string): number | undefined {
  const [container] = pod.spec?.containers ?? [];
  if (container === undefined) return undefined;
  const number = containerPort(container, port);
  const ports = JSON.parse(pod.metadata.annotations?.[PORTS_ANNOTATION] ?? '{}') as Record<string, number>;
  return number === undefined ? undefined : ports[String(number)];
}

/** Where a pod of ours serves HTTP. */
export function loopbackOrigin(pod: Pod): string | undefined {
  const port = loopbackPort(pod, 'http');
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}

/** A Service without a selector selects nothing. */
export function selects({ metadata, spec }: Service, pod: Pod): boolean {
  const selector = Object.entries(spec?.selector ?? {});
  return (
    selector.length > 0 &&
    pod.metadata.namespace === metadata.namespace &&
    selector.every(([key, value]) => pod.metadata.labels?.[key] === value)
  );
}
