import type { SetClass } from '../api/v1alpha1/set.ts';

/**
 * Every constant of the connection budget's protocol, in milliseconds unless the name says otherwise. Plain data, so that it can stand in
 * a state that is stored or cloned. `timeScale` shrinks all of it for tests and demos; what the registry does (its idle timeout, how late
 * bytes may arrive) is a fact of an account and is never scaled.
 */
export interface Timing {
  /** 1 in production. */
  readonly timeScale: number;
  /** How far the rate of a clock may be from true time: 1 %. */
  readonly rho: number;
  /** R: between two renewals, before jitter. */
  readonly renewMs: number;
  /** R grows to pods / this many seconds. */
  readonly podsPerRenewSecond: number;
  /** Share of R by which a renewal may come earlier or later. */
  readonly renewJitter: number;
  /** TTL: how long a holder may use its grants after a renewal was sent. */
  readonly ttlMs: Readonly<Record<SetClass, number>>;
  /** No new connection in the last so many ms of the TTL. */
  readonly noOpenMs: number;
  /** Give connections back in the last so many ms of the TTL. */
  readonly drainMs: number;
  /** Everything is destroyed so many ms before the end of the TTL. */
  readonly destroyMs: number;
  /** What the allocator waits beyond the TTL, on top of what the clocks' rates ask for. */
  readonly expirySlackMs: number;
  /** A connection that was closed in order still counts for so long. */
  readonly lingerMs: number;
  /** Reports that are neither a renewal nor an acknowledgement keep this distance. */
  readonly minReportMs: number;
  /** But that connections are too few is told at once, so many times; each comes back after `minReportMs`. */
  readonly hurries: number;
  /** Acknowledgements of a lowering are gathered for so long. */
  readonly ackGapMs: number;
  /** One request to the API may take so long. */
  readonly requestTimeoutMs: number;
  /** Wait after the first and, at most, after many failed requests of a holder. */
  readonly retryMs: number;
  /** Two passes of the allocator are so far apart. */
  readonly tickMs: number;
  /** The same for ledgers with more than `bigLedgerEntries` entries. */
  readonly bigTickMs: number;
  readonly bigLedgerEntries: number;
  /** An account is looked at again after so long even if nothing was heard. */
  readonly revisitMs: number;
  /** Q = I + D + this. */
  readonly quarantineMarginMs: number;
  /** A smaller remaining quarantine is written down in this period. */
  readonly persistMs: number;
  /** Demand is the peak of this window… */
  readonly demandPeakMs: number;
  /** …and falls only after the peak was lower for so long. */
  readonly demandDecayMs: number;
  /** After a refusal over the limit nothing is opened for so long. */
  readonly limitPauseMs: number;
  /** The effective limit falls by at most one in this time… */
  readonly cutWindowMs: number;
  /** …and rises by one after each of these without a refusal. */
  readonly cutRecoveryMs: number;
  /** A new leader lowers nothing for want of demand in its first so many ms. */
  readonly settleMs: number;
  /** Second restart of a container: bound after this; then twice, four times… */
  readonly bindBackoffMs: number;
  readonly bindBackoffMaxMs: number;
  /** An incarnation that lived so long wipes earlier restarts out. */
  readonly bindStableMs: number;
  /** After a refused login nobody tries for so long; then four times that, and so on up to the maximum. */
  readonly loginWaitMs: number;
  readonly loginWaitMaxMs: number;
  /** Whoever alone may log in has so long to say what came of it. */
  readonly proveMs: number;
  /** A pod has read a changed Secret after so long at the latest: kubelet's period and its cache. */
  readonly secretLagMs: number;
  /** Wait after the first failed write of the allocator to one object, doubling to the maximum. */
  readonly writeRetryMs: number;
  readonly writeRetryMaxMs: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The protocol's times, multiplied by `timeScale`. Requests to a real API keep times that a real API can hold. */
export function timing(timeScale = 1): Timing {
  if (!(timeScale > 0 && timeScale <= 1)) throw new Error(`timeScale must be in (0, 1], not ${timeScale}`);
  const scaled = (ms: number): number => ms * timeScale;
  return {
    timeScale,
    rho: 0.01,
    renewMs: scaled(20 * SECOND),
    podsPerRenewSecond: 50,
    renewJitter: 0.1,
    ttlMs: { core: scaled(600 * SECOND), manage: scaled(300 * SECOND), query: scaled(120 * SECOND) },
    noOpenMs: scaled(60 * SECOND),
    drainMs: scaled(40 * SECOND),
    destroyMs: scaled(5 * SECOND),
    expirySlackMs: scaled(5 * SECOND),
    lingerMs: scaled(2 * SECOND),
    minReportMs: scaled(5 * SECOND),
    hurries: 3,
    ackGapMs: scaled(250),
    requestTimeoutMs: Math.max(SECOND, scaled(5 * SECOND)),
    retryMs: scaled(SECOND),
    tickMs: Math.max(20, scaled(500)),
    bigTickMs: Math.max(80, scaled(2 * SECOND)),
    bigLedgerEntries: 200,
    revisitMs: scaled(5 * SECOND),
    quarantineMarginMs: scaled(30 * SECOND),
    persistMs: scaled(30 * SECOND),
    demandPeakMs: scaled(10 * SECOND),
    demandDecayMs: scaled(30 * SECOND),
    limitPauseMs: scaled(60 * SECOND),
    cutWindowMs: scaled(5 * SECOND),
    cutRecoveryMs: scaled(10 * MINUTE),
    settleMs: scaled(30 * SECOND),
    bindBackoffMs: scaled(MINUTE),
    bindBackoffMaxMs: scaled(30 * MINUTE),
    bindStableMs: scaled(10 * MINUTE),
    loginWaitMs: scaled(MINUTE),
    loginWaitMaxMs: scaled(30 * MINUTE),
    proveMs: scaled(MINUTE),
    secretLagMs: scaled(3 * MINUTE),
    writeRetryMs: scaled(SECOND),
    writeRetryMaxMs: scaled(30 * SECOND),
  };
}

/** R for a cluster of so many pods: 20 s up to 1,000 pods, then pods / 50 seconds. */
export function renewMs(t: Timing, pods: number): number {
  return Math.max(t.renewMs, (pods / t.podsPerRenewSecond) * SECOND * t.timeScale);
}

/** TTL of a class: at least 3 R + 60 s, so that two lost renewals cost nothing. */
export function ttlMs(t: Timing, setClass: SetClass, pods: number): number {
  return Math.max(t.ttlMs[setClass], 3 * renewMs(t, pods) + t.noOpenMs);
}

/** The longest TTL that any lease of so many pods may have. */
export function longestTtlMs(t: Timing, pods: number): number {
  return Math.max(ttlMs(t, 'core', pods), ttlMs(t, 'manage', pods), ttlMs(t, 'query', pods));
}

/**
 * How much longer we wait, so that even on the fastest clock here the true time is over that the slowest clock there takes:
 * (1 + rho) / (1 - rho).
 */
export function clockFactor(t: Timing): number {
  return (1 + t.rho) / (1 - t.rho);
}

/** T_exp: on the allocator's clock, after it first saw a renewal, a holder with this TTL has stopped. */
export function expiryMs(t: Timing, ttl: number): number {
  return ttl * clockFactor(t) + t.expirySlackMs;
}

/** What a registry does with connections, in milliseconds. */
export interface RegistryTimes {
  /** I: it drops a silent connection after this. */
  readonly idleMs: number;
  /** D: bytes already sent may arrive this much later. */
  readonly lateMs: number;
}

/** Bytes in the kernel are retransmitted for about two minutes (RFC 1122 4.2.3.5 asks for at least 100 s). */
const KERNEL_GIVES_UP_SECONDS = 130;

/** A proxy may still look up the name (5 s) and connect (10 s) for an adapter that has gone: twice that. */
const PROXY_SECONDS = 30;

/**
 * I and D of an account; D is max(I, 130 s) unless the account says otherwise, and longer through a proxy.
 * @param egress the account's `spec.egress.mode`
 */
export function registryTimes(
  connections: {
    idleTimeoutSeconds: number;
    lateDeliverySeconds?: number | undefined;
  },
  egress: 'direct' | 'nginx' = 'direct',
): RegistryTimes {
  const { idleTimeoutSeconds: idle, lateDeliverySeconds: late } = connections;
  const proxy = egress === 'nginx' ? PROXY_SECONDS : 0;
  return {
    idleMs: idle * SECOND,
    lateMs: ((late ?? Math.max(idle, KERNEL_GIVES_UP_SECONDS)) + proxy) * SECOND,
  };
}

/** Q: after a holder's last byte the registry counts none of its connections any more. True time: multiply by `clockFactor` to wait. */
export function quarantineMs(t: Timing, times: RegistryTimes): number {
  return times.idleMs + times.lateMs + t.quarantineMarginMs;
}
