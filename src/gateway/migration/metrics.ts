/** What a gateway counts on the way from the old world to the sets. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { ServedPath } from '../parts.ts';

/** Of a copied read: both said the same, or not; one of them is in a form that cannot be compared; the copy got no answer; there were too many copies. */
export type ShadowResult = 'same' | 'different' | 'uncompared' | 'failed' | 'dropped';

export interface MigrationMetrics {
  percent(percent: number): void;
  tripped(tripped: boolean): void;
  served(path: ServedPath, failed: boolean): void;
  shadow(operation: string, result: ShadowResult): void;
}

export function migrationMetrics(registry: Registry): MigrationMetrics {
  const registers = [registry];
  const percent = new Gauge({
    name: 'epp_rollout_percent',
    help: 'Share of the requests that the sets serve, in percent, without the overrides: 0 once the bounds were broken.',
    registers,
  });
  const tripped = new Gauge({
    name: 'epp_rollout_tripped',
    help: '1 once the sets broke the bounds in this run of the rollout.',
    registers,
  });
  // counted by itself: a counter finds its labels anew each time
  const counts: Record<ServedPath, { success: number; failure: number }> = {
    sets: { success: 0, failure: 0 },
    legacy: { success: 0, failure: 0 },
  };
  new Counter({
    name: 'epp_path_requests_total',
    help: 'Requests by the path that served them (sets, legacy) and by result (success, failure).',
    labelNames: ['path', 'result'],
    registers,
    collect() {
      this.reset();
      for (const [path, results] of Object.entries(counts))
        for (const [result, count] of Object.entries(results))
          if (count > 0) this.inc({ path, result }, count);
    },
  });
  const shadow = new Counter({
    name: 'epp_shadow_total',
    help: 'Reads copied to the sets, by operation and by result: same, different, uncompared, failed, dropped.',
    labelNames: ['operation', 'result'],
    registers,
  });
  return {
    percent: (value) => percent.set(value),
    tripped: (value) => tripped.set(value ? 1 : 0),
    served(path, failed) {
      counts[path][failed ? 'failure' : 'success']++;
    },
    shadow: (operation, result) => shadow.inc({ operation, result }),
  };
}
