import { readFile } from 'node:fs/promises';
import { Registry } from 'prom-client';
import { assembleGateway } from '../gateway/assemble.ts';
import { loadGatewayFile } from '../gateway/load-file.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import type { Clock } from '../lib/clock.ts';
import type { Program } from './programs.ts';

/** As that of adapters: see adapter-program.ts. */
const DRAIN_GRACE_MS = 1_000;

/** `gateway --config PATH`, on a free loopback port instead of that of its file. */
export function gatewayProgram({ client, clock }: { client: KubeClient; clock: Clock }): Program {
  return async ({ pod, log }, config) => {
    const loaded = await loadGatewayFile(config);
    const gateway = await assembleGateway({
      loaded,
      reread: () => readFile(config, 'utf8'),
      cluster: { client, namespace: pod.namespace },
      metrics: new Registry(),
      log,
      clock,
      listen: { host: '127.0.0.1', port: 0 },
      drainGraceMs: DRAIN_GRACE_MS,
    });
    let ended: Promise<void> | undefined;
    const kill = () => (ended ??= gateway.close());
    return {
      ports: new Map([[loaded.file.http.port, gateway.port]]),
      kill,
      async stop() {
        await gateway.drain();
        await kill();
      },
    };
  };
}
