/** Which pods' reports are fresh, by our own clock: no machine compares its time with another's. */
import type { EppConnectionLease } from '../../api/v1alpha1/connection-lease.ts';

interface Seen {
  /** Changes with every report. */
  mark: string;
  sinceMs: number;
}

/** Three reports that did not come. */
const RENEWALS = 3;
const RENEW_SECONDS = 20;

/** When each pod of a set was last heard. */
export class ReportWatch {
  #seen = new Map<string, Seen>();

  /** The reports that count: of pods that are bound, at work, and heard lately. `leases` are all of the set. */
  fresh(leases: readonly EppConnectionLease[], nowMs: number): EppConnectionLease[] {
    const before = this.#seen;
    this.#seen = new Map();
    return leases.filter(({ metadata, spec, status }) => {
      const mark = `${status?.incarnation} ${status?.seq}`;
      const known = before.get(metadata.name);
      const seen = known?.mark === mark ? known : { mark, sinceMs: nowMs };
      this.#seen.set(metadata.name, seen);
      const isBound = spec.state === 'Bound' && spec.incarnation === status?.incarnation;
      const silentMs = RENEWALS * (spec.renewSeconds ?? RENEW_SECONDS) * 1_000;
      return isBound && status?.phase === 'Active' && nowMs - seen.sinceMs <= silentMs;
    });
  }
}
