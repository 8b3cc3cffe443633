import { Registry } from 'prom-client';
import type { GatewayPolicy } from '../../../src/api/files/gateway-file.ts';
import { readGatewayText } from '../../../src/gateway/discovery/gateway-text.ts';
import { PolicyKeeper } from '../../../src/gateway/discovery/policy-keeper.ts';
import { type Log, silentLog } from '../../../src/lib/log.ts';

/** A gateway's file with these lines added. */
export const gatewayText = (more = ''): string => `kind: GatewayFile
name: gw
prefix: epp
region: bj
discovery: {mode: kubernetes, configMap: gw}
businesses: [{name: core, default: true}]
routes: [{tlds: [com], accounts: [{name: a, accreditation: x}]}]
${more}`;

/** A keeper that started with `text`, and all that it does. */
export function keeperOf(text = gatewayText()) {
  const parsed = readGatewayText(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const taken: GatewayPolicy[] = [];
  const lines: string[] = [];
  const write = (_fields: object, message: string) => lines.push(message);
  const log: Log = { ...silentLog, info: write, warn: write, error: write, child: () => log };
  const metrics = new Registry();
  const control = { refuse: false };
  const keeper = new PolicyKeeper({
    first: { text, file: parsed.value },
    take(policy) {
      if (control.refuse) throw new Error('no room');
      taken.push(policy);
    },
    log,
    metrics,
  });
  const metric = async (name: string) => (await metrics.getSingleMetric(name)?.get())?.values[0]?.value ?? 0;
  const state = async () => ({
    valid: await metric('epp_gateway_config_valid'),
    errors: await metric('epp_gateway_config_errors_total'),
  });
  return { keeper, taken, lines, log, state, control };
}
