import { get } from 'node:http';
import type { V1Container, V1Probe } from '@kubernetes/client-node';

/** One GET of a probe; true for 2xx and 3xx, as the kubelet has it. Never rejects. */
export function probeHttp(port: number, path: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, timeout: timeoutMs, agent: false }, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      resolve(statusCode >= 200 && statusCode < 400);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.on('close', () => resolve(false));
  });
}

/** The container port that a probe or a Service names, by number or name. */
export function containerPort(container: V1Container, port: number | string): number | undefined {
  if (typeof port === 'number') return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? (Number(port) || undefined);
}

/** What of a probe we carry out; undefined when it is none over HTTP. Periods in milliseconds. */
export interface HttpProbe {
  path: string;
  port: number | string;
  periodMs: number;
  timeoutMs: number;
  failureThreshold: number;
}

export function httpProbe(probe: V1Probe | undefined): HttpProbe | undefined {
  if (probe?.httpGet === undefined) return undefined;
  return {
    path: probe.httpGet.path ?? '/',
    port: probe.httpGet.port,
    periodMs: (probe.periodSeconds ?? 10) * 1_000,
    timeoutMs: (probe.timeoutSeconds ?? 1) * 1_000,
    failureThreshold: probe.failureThreshold ?? 3,
  };
}
