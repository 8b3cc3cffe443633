/** Looks at what an account logs in with: how old the password is, and how long the client certificate lasts. */
import { X509Certificate } from 'node:crypto';
import type { PeriodicJob } from './periodic.ts';

export interface CredentialsAge {
  /** Of the client certificate's end. */
  certificateExpiry?: Date;
  /** When the password was set, as far as its Secret tells. */
  passwordChangedAt?: Date;
}

/** Time enough to order a new one from a registry that takes weeks. */
const WARN_DAYS = 30;
const DAY_MS = 86_400_000;

export function credentialsAgeJob(options: {
  intervalMs: number;
  /** PEM of the client certificate, and the RFC 3339 text of the Secret's key `passwordChangedAt`. */
  read(): Promise<{ cert?: string; passwordChangedAt?: string }>;
  told(age: CredentialsAge): void;
  now(): Date;
}): PeriodicJob {
  return {
    name: 'credentials',
    intervalMs: options.intervalMs,
    async run() {
      const age = ageOf(await options.read());
      options.told(age);
      const { certificateExpiry } = age;
      if (!certificateExpiry) return;
      const days = Math.floor((certificateExpiry.getTime() - options.now().getTime()) / DAY_MS);
      if (days >= WARN_DAYS) return;
      const when = certificateExpiry.toISOString().slice(0, 10);
      throw new Error(
        days < 0
          ? `the client certificate expired on ${when}: put a new one into its Secret`
          : `the client certificate expires on ${when}, in ${days} days: order a new one`,
      );
    },
  };
}

/** Throws with which of the two cannot be read. */
export function ageOf({
  cert,
  passwordChangedAt,
}: {
  cert?: string;
  passwordChangedAt?: string;
}): CredentialsAge {
  const changed = passwordChangedAt === undefined ? undefined : new Date(passwordChangedAt.trim());
  if (changed && Number.isNaN(changed.getTime())) {
    throw new Error('passwordChangedAt in the Secret is no date such as 2026-01-31T12:00:00Z');
  }
  return {
    ...(cert !== undefined && { certificateExpiry: new X509Certificate(cert).validToDate }),
    ...(changed && { passwordChangedAt: changed }),
  };
}
