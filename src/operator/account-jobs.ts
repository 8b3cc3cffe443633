/** The periodic jobs of an account, as the pods tell that run them. */
import { type EppConnectionLease, JOB_BOUNDS } from '../api/v1alpha1/connection-lease.ts';
import type { EppRegistryStatus } from '../api/v1alpha1/registry.ts';

export type JobFigure = NonNullable<EppRegistryStatus['jobs']>[number];

/** By name. A runner that vanished may still stand in its lease: of two words about one job the later counts. */
export function accountJobs(account: string, leases: readonly EppConnectionLease[]): JobFigure[] {
  const latest = new Map<string, JobFigure>();
  for (const { spec, status } of leases) {
    const bound = spec.state === 'Bound' && spec.incarnation === status?.incarnation;
    if (!bound || status?.phase === 'Released') continue;
    for (const [name, { state, message, since }] of Object.entries(status?.accounts?.[account]?.jobs ?? {})) {
      const known = latest.get(name);
      if (known !== undefined && known.since >= since) continue;
      latest.set(name, { name, state, message, since, holder: spec.pod });
    }
  }
  return [...latest.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, JOB_BOUNDS.jobs);
}
