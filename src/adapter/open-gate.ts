/**
 * When one more connection of an account may be tried. Pure: it is told the time and what happened.
 *
 *   unproven ──login answered──▶ proven      while unproven, after a failure and while refused: one attempt at a time
 *      ▲  ▲                        │
 *      │  └──a failure: back off───┤         0.5 s … 30 s, with jitter
 *      │                           │
 *      └──── refused ◀─credentials─┘         registries lock accounts after a few failed logins: wait for other
 *                                            credentials, or minutes
 */
import { Backoff } from '../lib/backoff.ts';

export interface OpenGateOptions {
  /** Most attempts begun in any one second. */
  opensPerSecond: number;
  /** First and longest wait after failures in a row, in milliseconds, before jitter of up to half as much again. */
  backoff?: { baseMs: number; maxMs: number };
  /** How long refused credentials are not tried again, in milliseconds. */
  refusedForMs?: number;
  /** A number in [0, 1). */
  random?: () => number;
}

const RATE_WINDOW_MS = 1_000;
const BACKOFF = { baseMs: 500, maxMs: 20_000 };
const REFUSED_FOR_MS = 300_000;

export class OpenGate {
  readonly #opensPerSecond: number;
  readonly #refusedForMs: number;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  /** When the last attempts began, oldest first; at most opensPerSecond of them. */
  readonly #begun: number[] = [];
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #proven = false;
  #refusedAtMs: number | undefined;

  constructor(options: OpenGateOptions) {
    this.#opensPerSecond = options.opensPerSecond;
    this.#refusedForMs = options.refusedForMs ?? REFUSED_FOR_MS;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff({ ...(options.backoff ?? BACKOFF), random: this.#random });
  }

  /** When the registry refused the credentials that we have (monotonic ms); undefined while it has not. */
  get refusedAtMs(): number | undefined {
    return this.#refusedAtMs;
  }

  /** The registry took these credentials, and nothing has failed since. */
  get proven(): boolean {
    return this.#proven;
  }

  /**
   * Milliseconds until another attempt may begin: 0 for now, Infinity while one that is under way must tell first.
   * @param opening attempts under way
   */
  waitMs(nowMs: number, opening: number): number {
    if (!this.#proven && opening > 0) return Number.POSITIVE_INFINITY;
    const oldest = this.#begun[0];
    const byRate =
      oldest !== undefined && this.#begun.length >= this.#opensPerSecond
        ? oldest + RATE_WINDOW_MS - nowMs
        : 0;
    return Math.max(0, byRate, this.#notBeforeMs - nowMs);
  }

  began(nowMs: number): void {
    this.#begun.push(nowMs);
    if (this.#begun.length > this.#opensPerSecond) this.#begun.shift();
  }

  /** The login was answered 1000. */
  succeeded(): void {
    this.#proven = true;
    this.#refusedAtMs = undefined;
    this.#notBeforeMs = Number.NEGATIVE_INFINITY;
    this.#backoff.reset();
  }

  /** Anything but the credentials was wrong. Returns the wait in milliseconds. */
  failed(nowMs: number): number {
    // Several attempts under way may fail of one cause; only the first makes the next wait longer
    const waiting = this.#notBeforeMs > nowMs;
    this.#proven = false;
    if (!waiting) this.#notBeforeMs = nowMs + this.#backoff.next();
    return this.#notBeforeMs - nowMs;
  }

  /** The registry does not take these credentials. Returns the wait in milliseconds. */
  refused(nowMs: number): number {
    this.#proven = false;
    this.#refusedAtMs ??= nowMs;
    this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + this.#refusedForMs * (1 + 0.1 * this.#random()));
    return this.#notBeforeMs - nowMs;
  }

  /** There are other credentials now. */
  credentialsChanged(): void {
    if (this.#refusedAtMs === undefined) return;
    this.#refusedAtMs = undefined;
    this.#notBeforeMs = Number.NEGATIVE_INFINITY;
  }
}
