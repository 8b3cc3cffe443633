import type { Registry } from 'prom-client';
import type { GatewayFile } from '../../api/files/gateway-file.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Tracing } from '../parts.ts';

export type TracingConfig = NonNullable<GatewayFile['tracing']>;

export interface TracingDeps {
  clock: Clock;
  log: Log;
  metrics: Registry;
}

/** Without configuration nothing is traced, and none of OpenTelemetry's code is loaded. */
export async function openTracing(config: TracingConfig | undefined, deps: TracingDeps): Promise<Tracing> {
  if (!config) return { begin: () => undefined, close: async () => {} };
  const { OtlpTracing } = await import('./otlp-tracing.ts');
  return new OtlpTracing(config, deps);
}
