import type { Registry } from 'prom-client';
import { customKinds } from '../../src/embedded/custom-kinds.ts';
import { EmbeddedStore } from '../../src/embedded/store.ts';
import { assembleGateway } from '../../src/gateway/assemble.ts';
import { readGatewayText } from '../../src/gateway/discovery/gateway-text.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';

/** One that asks for all that shows metrics. Nothing is at these addresses. */
const FILE = `
kind: GatewayFile
name: metrics
prefix: epp
region: bj
discovery: { mode: kubernetes }
businesses: [{ name: query, default: true }]
routes: [{ tlds: [com], accounts: [{ name: one, accreditation: acme }] }]
authentication: { apiKeys: { dir: /nonexistent } }
tracing: { otlpUrl: 'http://127.0.0.1:9/v1/traces' }
`;

/** Registers the metrics of a gateway with everything switched on, by starting one. */
export async function registerGatewayMetrics(metrics: Registry): Promise<void> {
  const read = readGatewayText(FILE);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const client = new EmbeddedStore({ clock, log, kinds: customKinds() });
  const gateway = await assembleGateway({
    loaded: { file: read.value, text: FILE, folder: '/nonexistent' },
    reread: async () => FILE,
    cluster: { client, namespace: 'default' },
    metrics,
    log,
    clock,
    listen: { host: '127.0.0.1', port: 0 },
    drainGraceMs: 0,
  });
  await gateway.close();
}
