import type { Gauge, Registry } from 'prom-client';
import type { Clock, Timer } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { isAlreadyExists, isConflict } from './api-error.ts';
import { COORDINATION_LEASE, type CoordinationLease } from './builtin.ts';
import { Elapsed, type Moment } from './elapsed.ts';
import type { Reader, Writer } from './interfaces.ts';
import { leaderGauge } from './metrics.ts';
import type { ObjectKey } from './objects.ts';

export interface LeaderElectionOptions {
  /** Best a client of its own: the election must not wait behind other requests. */
  client: Pick<Reader, 'get'> & Pick<Writer, 'create' | 'replace'>;
  clock: Clock;
  log: Log;
  metrics?: Registry;
  /** The coordination.k8s.io Lease that is held. */
  namespace: string;
  name: string;
  /** Who we are, e.g. the pod's name and a UUID: another one at each process start. */
  identity: string;
  /** How long others wait after the last renewal that they saw. Default 15 s. */
  leaseDurationMs?: number;
  /** How long after a renewal was sent the leader still takes itself for one. Less than the lease's duration. Default 10 s. */
  renewDeadlineMs?: number;
  /** Between two renewals, and (with jitter) between two tries to acquire. Default 2 s. */
  retryPeriodMs?: number;
  /** Hand the lease back when stopped, so that the next leader need not wait. Default true. */
  releaseOnStop?: boolean;
  /** Time since boot in milliseconds; for tests. */
  bootMs?: () => number;
}

export interface LeaderWork {
  /**
   * What the leader does. The signal is aborted when the process stops or leadership is lost; the work then ends soon.
   * The lease is renewed until it has ended.
   */
  onStarted(signal: AbortSignal): Promise<void>;
  /** Another leader was seen, or ourselves. */
  onNewLeader?(identity: string): void;
}

/** One time of being the leader. */
interface Term {
  readonly controller: AbortController;
  /** The Lease as we last wrote it. */
  lease: CoordinationLease;
  /** Just before the last renewal that succeeded was sent: others count from later. */
  renewed: Moment;
}

/** Acquiring is tried every 2 to 4.4 s, as client-go does, so that candidates do not meet. */
const ACQUIRE_JITTER = 1.2;

/**
 * Leader election on a coordination.k8s.io Lease, as client-go does it. No machine compares its clock with another's: a lease has
 * expired when it was seen unchanged for its duration by our own clock, and whoever holds it stops before that by theirs.
 *
 *      candidate ── acquired ──▶ leader ── signal aborted ──▶ stopping ── work ended ──▶ released
 *         ▲  │ held by another      │                            │
 *         └──┘                      └── renewDeadline passed, ───┴──▶ lost
 *                                       or another holds the lease
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #log: Log;
  readonly #key: ObjectKey;
  readonly #elapsed: Elapsed;
  readonly #gauge: Gauge<'name'> | undefined;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  #term: Term | undefined;
  #deadline: Timer | undefined;
  /** The version of another's lease, and when we first saw it. */
  #observed: { version: string; atMs: number } | undefined;
  #leader: string | undefined;
  #lastTurnMs: number | undefined;

  constructor(options: LeaderElectionOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
    if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryPeriodMs && retryPeriodMs > 0))
      throw new Error(
        `leader election: need leaseDuration > renewDeadline > retryPeriod > 0, got ${leaseDurationMs}, ${renewDeadlineMs}, ${retryPeriodMs} ms`,
      );
    this.#options = options;
    this.#key = { namespace: options.namespace, name: options.name };
    this.#log = options.log.child({ lease: options.name, identity: options.identity });
    this.#elapsed = new Elapsed(options.clock, options.bootMs);
    this.#gauge = options.metrics && leaderGauge(options.metrics);
    this.#leaseDurationMs = leaseDurationMs;
    this.#renewDeadlineMs = renewDeadlineMs;
    this.#retryPeriodMs = retryPeriodMs;
    this.#gauge?.set({ name: options.name }, 0);
  }

  /**
   * Whether we are the leader at this very moment, by the clock: a process that was paused sees that it is not before it does
   * anything. Once false, false for good in this term. An arrow function, so that it can be handed over as it is.
   */
  readonly isLeader = (): boolean => {
    if (this.#term === undefined) return false;
    if (this.#elapsed.since(this.#term.renewed) < this.#renewDeadlineMs) return true;
    this.#lose(`not renewed within ${this.#renewDeadlineMs} ms`);
    return false;
  };

  /** For a liveness check: false when the election has not made a turn for far too long, e.g. lost but still not ended. */
  readonly isAlive = (): boolean =>
    this.#lastTurnMs === undefined ||
    this.#options.clock.monotonicMs() - this.#lastTurnMs < this.#leaseDurationMs + this.#renewDeadlineMs;

  /**
   * Becomes the leader, does the work, and returns when it has ended: `stopped` when the signal asked for that or the work ended
   * by itself, `lost` when leadership was lost (the process had better start anew). Rejects with what the work threw.
   */
  async run(signal: AbortSignal, work: LeaderWork): Promise<'stopped' | 'lost'> {
    const term = await this.#acquire(signal, work);
    if (term === undefined) {
      this.#lastTurnMs = undefined;
      return 'stopped';
    }
    const stop = () => term.controller.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const ended = new AbortController();
    const renewing = this.#renewUntil(ended.signal, term, work);
    let held = false;
    try {
      await work.onStarted(term.controller.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      ended.abort();
      await renewing;
      held = this.isLeader();
      if (held) await this.#release(term);
      this.#lastTurnMs = undefined;
    }
    return held ? 'stopped' : 'lost';
  }

  async #acquire(signal: AbortSignal, work: LeaderWork): Promise<Term | undefined> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      this.#turn();
      try {
        const term = await this.#withTimeout(signal, (s) => this.#tryToAcquire(s, work));
        if (term !== undefined) {
          this.#begin(term, work);
          // Not so when we were paused just then, and the reply is an old one.
          if (this.isLeader()) return term;
        }
      } catch (error) {
        if (!signal.aborted) this.#log.warn({ reason: messageOf(error) }, 'could not ask for the lease');
      }
      const wait = this.#retryPeriodMs * (1 + ACQUIRE_JITTER * Math.random());
      await clock.sleep(wait, signal).catch(() => undefined);
    }
    return undefined;
  }

  async #tryToAcquire(signal: AbortSignal, work: LeaderWork): Promise<Term | undefined> {
    const { client } = this.#options;
    const found = await client.get(COORDINATION_LEASE, this.#key, signal);
    const renewed = this.#elapsed.now();
    try {
      if (found === undefined) {
        const lease = await client.create(COORDINATION_LEASE, this.#lease(undefined), signal);
        return { controller: new AbortController(), lease, renewed };
      }
      if (!this.#isFree(found, work)) return undefined;
      const lease = await client.replace(COORDINATION_LEASE, this.#lease(found), signal);
      return { controller: new AbortController(), lease, renewed };
    } catch (error) {
      // Another candidate was quicker.
      if (isConflict(error) || isAlreadyExists(error)) return undefined;
      throw error;
    }
  }

  /** Released, ours (a lost reply), or unchanged for its whole duration on our clock. */
  #isFree(lease: CoordinationLease, work: LeaderWork): boolean {
    const { holderIdentity = '', leaseDurationSeconds = 0 } = lease.spec ?? {};
    this.#see(holderIdentity, work);
    if (holderIdentity === '' || holderIdentity === this.#options.identity) return true;
    const version = `${lease.metadata.uid} ${lease.metadata.resourceVersion}`;
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#observed?.version !== version) this.#observed = { version, atMs: nowMs };
    return nowMs - this.#observed.atMs > Math.max(this.#leaseDurationMs, leaseDurationSeconds * 1000);
  }

  #begin(term: Term, work: LeaderWork): void {
    this.#term = term;
    this.#observed = undefined;
    this.#watchDeadline(term);
    this.#gauge?.set({ name: this.#options.name }, 1);
    this.#log.info({}, 'leader');
    this.#see(this.#options.identity, work);
  }

  async #renewUntil(ended: AbortSignal, term: Term, work: LeaderWork): Promise<void> {
    const { clock } = this.#options;
    while (!ended.aborted && this.isLeader()) {
      this.#turn();
      await clock.sleep(this.#retryPeriodMs, ended).catch(() => undefined);
      if (ended.aborted || !this.isLeader()) return;
      try {
        await this.#withTimeout(ended, (signal) => this.#renew(term, work, signal));
      } catch (error) {
        if (!ended.aborted) this.#log.warn({ reason: messageOf(error) }, 'the lease was not renewed');
      }
    }
  }

  async #renew(term: Term, work: LeaderWork, signal: AbortSignal): Promise<void> {
    const { client, identity } = this.#options;
    const renewed = this.#elapsed.now();
    try {
      term.lease = await client.replace(COORDINATION_LEASE, this.#lease(term.lease), signal);
      term.renewed = renewed;
      // What came back late does not make us leader again: isLeader() looks at when it was sent.
      if (this.isLeader()) this.#watchDeadline(term);
    } catch (error) {
      if (!isConflict(error)) throw error;
      const found = await client.get(COORDINATION_LEASE, this.#key, signal);
      const holder = found?.spec?.holderIdentity ?? '';
      if (found === undefined || holder !== identity) {
        // Deleting the lease is how people depose a leader: it is not written anew by us.
        this.#lose(found === undefined ? 'the lease was deleted' : `${holder || 'nobody'} holds the lease`);
        this.#see(holder, work);
        return;
      }
      // The reply to our own renewal was lost: go on from what it wrote.
      term.lease = found;
      await this.#renew(term, work, signal);
    }
  }

  #watchDeadline(term: Term): void {
    this.#deadline?.cancel();
    const left = this.#renewDeadlineMs - this.#elapsed.since(term.renewed);
    // Not leader at that moment: isLeader() finds it out and aborts the work.
    this.#deadline = this.#options.clock.after(Math.max(0, left), () => {
      if (this.#term === term && this.isLeader()) this.#watchDeadline(term);
    });
  }

  #lose(reason: string): void {
    if (this.#term === undefined) return;
    this.#log.error({ reason }, 'leadership lost');
    const { controller } = this.#term;
    this.#end();
    controller.abort(new Error(`leadership lost: ${reason}`));
  }

  #end(): void {
    this.#term = undefined;
    this.#deadline?.cancel();
    this.#gauge?.set({ name: this.#options.name }, 0);
  }

  async #release(term: Term): Promise<void> {
    this.#end();
    if (this.#options.releaseOnStop === false) return;
    try {
      await this.#withTimeout(undefined, (signal) => this.#handBack(term.lease, signal));
      this.#log.info({}, 'lease released');
    } catch (error) {
      this.#log.warn(
        { reason: messageOf(error) },
        'the lease could not be released: the next leader waits it out',
      );
    }
  }

  async #handBack(held: CoordinationLease, signal: AbortSignal): Promise<void> {
    const { client, identity } = this.#options;
    const { holderIdentity: _, ...spec } = this.#lease(held).spec ?? {};
    const lease = { ...held, spec: { ...spec, leaseDurationSeconds: 1 } };
    try {
      await client.replace(COORDINATION_LEASE, lease, signal);
    } catch (error) {
      if (!isConflict(error)) throw error;
      // The stop broke off a renewal that the server had carried out.
      const found = await client.get(COORDINATION_LEASE, this.#key, signal);
      if (found?.spec?.holderIdentity !== identity) throw error;
      await this.#handBack(found, signal);
    }
  }

  /** The lease as held by us from now on; a compare-and-swap on `found`. */
  #lease(found: CoordinationLease | undefined): CoordinationLease {
    const { identity, clock } = this.#options;
    const now = microTime(clock.wall());
    const ours = found?.spec?.holderIdentity === identity;
    const transitions = found?.spec?.leaseTransitions ?? 0;
    return {
      ...(found ?? { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: this.#metadata() }),
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.max(1, Math.ceil(this.#leaseDurationMs / 1000)),
        acquireTime: (ours && found.spec?.acquireTime) || now,
        renewTime: now,
        leaseTransitions: found === undefined || ours ? transitions : transitions + 1,
      },
    };
  }

  #metadata() {
    return { namespace: this.#options.namespace, name: this.#options.name };
  }

  #see(identity: string, work: LeaderWork): void {
    if (identity === '' || identity === this.#leader) return;
    this.#leader = identity;
    this.#log.info({ leader: identity }, 'new leader');
    work.onNewLeader?.(identity);
  }

  #turn(): void {
    this.#lastTurnMs = this.#options.clock.monotonicMs();
  }

  /** One exchange may take half of the renewal deadline, so that a second one fits. */
  async #withTimeout<R>(
    signal: AbortSignal | undefined,
    exchange: (signal: AbortSignal) => Promise<R>,
  ): Promise<R> {
    const controller = new AbortController();
    const ms = this.#renewDeadlineMs / 2;
    const timer = this.#options.clock.after(ms, () =>
      controller.abort(new Error(`no answer from the API within ${ms} ms`)),
    );
    const follow = () => controller.abort(signal?.reason);
    signal?.addEventListener('abort', follow, { once: true });
    if (signal?.aborted) follow();
    try {
      return await exchange(controller.signal);
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', follow);
    }
  }
}

/** The API's MicroTime: six digits after the point (meta/v1). */
export function microTime(date: Date): string {
  return date.toISOString().replace(/\.(\d{3})Z$/, '.$1000Z');
}
