import type { V1Container } from '@kubernetes/client-node';
import type { Clock } from '../lib/clock.ts';
import type { RunningContainer } from './container.ts';
import { containerPort, type HttpProbe, httpProbe, probeHttp } from './probe.ts';

/** A pod that is not ready yet is probed often: readiness is what everybody waits for. */
const EAGER_PROBE_MS = 100;

/** Carries out the probes of one running container. There are no startup probes: programs here start in no time. */
export class Prober {
  readonly #container: V1Container;
  readonly #running: RunningContainer;
  readonly #clock: Clock;

  constructor(container: V1Container, running: RunningContainer, clock: Clock) {
    this.#container = container;
    this.#running = running;
    this.#clock = clock;
  }

  /** Tells whenever readiness changes, until the signal is aborted. Without a probe the container is ready from the start. */
  async readiness(tell: (ready: boolean) => void, signal: AbortSignal): Promise<void> {
    const probe = httpProbe(this.#container.readinessProbe);
    if (probe === undefined) return tell(true);
    let isReady = false;
    let failures = 0;
    for (;;) {
      const answered = await this.#ask(probe);
      if (signal.aborted) return;
      failures = answered ? 0 : failures + 1;
      const next: boolean = answered || (isReady && failures < probe.failureThreshold);
      if (next !== isReady) tell(next);
      isReady = next;
      const waitMs = isReady && answered ? probe.periodMs : Math.min(EAGER_PROBE_MS, probe.periodMs);
      if (!(await this.#sleeps(waitMs, signal))) return;
    }
  }

  /** Resolves with true when the container does not answer any more, with false when the signal is aborted. */
  async death(signal: AbortSignal): Promise<boolean> {
    const probe = httpProbe(this.#container.livenessProbe);
    if (probe === undefined) return false;
    let failures = 0;
    while (await this.#sleeps(probe.periodMs, signal)) {
      failures = (await this.#ask(probe)) ? 0 : failures + 1;
      if (failures >= probe.failureThreshold && !signal.aborted) return true;
    }
    return false;
  }

  #ask(probe: HttpProbe): Promise<boolean> {
    const port = this.#running.ports.get(containerPort(this.#container, probe.port) ?? 0);
    return port === undefined ? Promise.resolve(false) : probeHttp(port, probe.path, probe.timeoutMs);
  }

  /** False when the signal came first. */
  async #sleeps(ms: number, signal: AbortSignal): Promise<boolean> {
    await this.#clock.sleep(ms, signal).catch(() => undefined);
    return !signal.aborted;
  }
}
