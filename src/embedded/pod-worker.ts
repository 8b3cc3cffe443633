import type { V1Container } from '@kubernetes/client-node';
import { isConflict } from '../kube/api-error.ts';
import { POD, type Pod } from '../kube/builtin.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import { keyOf, keyString } from '../kube/objects.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { ContainerExit, ContainerRunner, RunningContainer } from './container.ts';
import { sameJson } from './json.ts';
import { pathInPod, removePodFiles, VolumeError, writePodFiles } from './pod-files.ts';
import { type PodFacts, podStatus } from './pod-status.ts';
import { Prober } from './prober.ts';

/** On pods: the loopback port behind each container port, as JSON. Containers of all pods share one address here. */
export const PORTS_ANNOTATION = 'embedded.eppset.io/ports';
const FIELD_MANAGER = 'embedded-node';

export interface PodWorkerOptions {
  pod: Pod;
  /** Of this pod's files; made when needed, removed in the end. */
  folder: string;
  client: KubeClient;
  runner: ContainerRunner;
  clock: Clock;
  log: Log;
}

/** The kubelet's: at once, then 10 s, 20 s … 5 min. Shorter here, where people watch. */
const RESTART_BACKOFF = { baseMs: 1_000, maxMs: 30_000 };
/** A container that ran for so long is forgiven its earlier ends. */
const FORGIVEN_AFTER_MS = 60_000;
/** The kubelet looks at mounted ConfigMaps and Secrets about once a minute. */
const REFRESH_FILES_MS = 2_000;

/**
 * One pod's life on the embedded node:
 *
 *   files ──▶ start ──▶ running ──exit──▶ back-off ──▶ start …
 *     └──▶ try again later   │
 *                            └─terminate──▶ SIGTERM … grace … SIGKILL ──▶ the pod object goes
 */
export class PodWorker {
  readonly #pod: Pod;
  readonly #container: V1Container;
  readonly #options: PodWorkerOptions;
  readonly #log: Log;
  readonly #ending = new AbortController();
  readonly #forced = Promise.withResolvers<void>();
  #graceMs = 0;
  #running: RunningContainer | undefined;
  #facts: PodFacts;
  #telling: Promise<void> = Promise.resolve();

  constructor(options: PodWorkerOptions) {
    const { pod, clock, log } = options;
    const [container, ...others] = pod.spec?.containers ?? [];
    if (container === undefined || others.length > 0)
      throw new Error(
        `pod ${keyString(keyOf(pod))} has ${others.length + 1} containers: here it must be one`,
      );
    this.#pod = pod;
    this.#container = container;
    this.#options = options;
    this.#log = log.child({ pod: pod.metadata.name });
    this.#facts = {
      state: { kind: 'waiting', reason: 'ContainerCreating' },
      last: undefined,
      ready: false,
      restarts: 0,
      startedAt: clock.wall(),
    };
  }

  /** The program of its container, e.g. `adapter`. */
  get program(): string {
    return this.#container.args?.[0] ?? '';
  }

  /** SIGTERM, and SIGKILL when `graceMs` is over. Said again it can only be shortened to nothing. */
  terminate(graceMs: number): void {
    if (graceMs <= 0) this.#forced.resolve();
    if (this.#ending.signal.aborted) return;
    this.#graceMs = graceMs;
    this.#ending.abort(new Error('the pod is to end'));
  }

  /** Ends the container's program at once; the node starts it again. */
  crash(): void {
    this.#running?.kill();
  }

  /** Runs the pod until it has ended; then its object and its files are gone. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#live();
    } catch (error) {
      this.#log.error({ reason: messageOf(error) }, 'the pod broke down');
    }
    await this.#telling;
    await this.#clear();
  }

  async #live(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#ending;
    let failures = 0;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      const exit = await this.#runOnce(signal);
      if (signal.aborted) return;
      if (clock.monotonicMs() - startedMs > FORGIVEN_AFTER_MS) failures = 0;
      await this.#waitToRestart(failures++, exit);
    }
  }

  /** From the files to the program's end. */
  async #runOnce(signal: AbortSignal): Promise<ContainerExit | undefined> {
    const { client, clock, folder, runner } = this.#options;
    let files: string;
    let running: RunningContainer;
    try {
      files = await writePodFiles(client, this.#pod, folder);
      running = await runner.start(this.#spec());
    } catch (error) {
      const reason = error instanceof VolumeError ? 'ContainerCreating' : 'RunContainerError';
      this.#log.warn({ reason: messageOf(error) }, 'the container does not start');
      this.#tell({ state: { kind: 'waiting', reason, message: messageOf(error) } });
      return undefined;
    }
    this.#running = running;
    const ended = new AbortController();
    const prober = new Prober(this.#container, running, clock);
    const untilEnding = AbortSignal.any([ended.signal, signal]);
    const minders = [
      this.#announce(running).then(() => prober.readiness((ready) => this.#tell({ ready }), ended.signal)),
      this.#killWhenDead(prober, running, untilEnding),
      this.#refreshFiles(files, untilEnding),
    ].map((minder) =>
      minder.catch((error: unknown) => this.#log.warn({ reason: messageOf(error) }, 'the pod is not minded')),
    );
    const exit = await Promise.race([running.exited, aborted(signal)]);
    const last = exit ?? (await this.#stop(running));
    ended.abort();
    await Promise.all(minders);
    this.#running = undefined;
    this.#log.info({ exitCode: last.code, message: last.message }, 'the container ended');
    const state = { kind: 'terminated' as const, exitCode: last.code, at: clock.wall() };
    this.#tell({ state: { ...state, ...(last.message && { message: last.message }) }, ready: false });
    return last;
  }

  async #stop(running: RunningContainer): Promise<ContainerExit> {
    if (this.#graceMs > 0) {
      const grace = Promise.withResolvers<void>();
      const timer = this.#options.clock.after(this.#graceMs, () => grace.resolve());
      running.stop();
      await Promise.race([running.exited, grace.promise, this.#forced.promise]);
      timer.cancel();
    }
    running.kill();
    return await running.exited;
  }

  async #waitToRestart(failures: number, exit: ContainerExit | undefined): Promise<void> {
    const { clock } = this.#options;
    const { state } = this.#facts;
    const isFirst = failures === 0;
    const waitMs =
      isFirst && exit
        ? 0
        : Math.min(RESTART_BACKOFF.maxMs, RESTART_BACKOFF.baseMs * 2 ** Math.max(0, failures - 1));
    if (exit !== undefined) {
      if (waitMs > 0) this.#tell({ state: { kind: 'waiting', reason: 'CrashLoopBackOff' } });
      this.#facts = {
        ...this.#facts,
        restarts: this.#facts.restarts + 1,
        last: state.kind === 'terminated' ? state : this.#facts.last,
      };
    }
    await clock.sleep(waitMs, this.#ending.signal).catch(() => undefined);
  }

  #spec() {
    const { folder } = this.#options;
    const { namespace = 'default', name, uid = '' } = this.#pod.metadata;
    return {
      pod: { namespace, name, uid },
      name: this.#container.name,
      args: this.#container.args ?? [],
      env: environment(this.#pod, this.#container),
      hostPath: (path: string) => pathInPod(folder, path),
      log: this.#log,
    };
  }

  /** Says where the container listens, and that it runs: in this order, so that nobody who sees it ready looks for its port. */
  async #announce(running: RunningContainer): Promise<void> {
    const { client, clock } = this.#options;
    const { apiVersion, kind } = this.#pod;
    const { name, namespace, uid } = this.#pod.metadata;
    const ports = JSON.stringify(Object.fromEntries(running.ports));
    const metadata = {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      annotations: { [PORTS_ANNOTATION]: ports },
    };
    await client.apply(POD, { apiVersion, kind, metadata }, { fieldManager: FIELD_MANAGER });
    this.#tell({ state: { kind: 'running', since: clock.wall() } });
  }

  async #killWhenDead(prober: Prober, running: RunningContainer, signal: AbortSignal): Promise<void> {
    if (!(await prober.death(signal))) return;
    this.#log.warn({}, 'the liveness probe failed: the container is killed');
    running.kill();
  }

  /** Secrets that change are written anew, as into a mounted volume. */
  async #refreshFiles(written: string, signal: AbortSignal): Promise<void> {
    const { client, folder } = this.#options;
    let known = written;
    while (await this.#sleeps(REFRESH_FILES_MS, signal)) {
      try {
        known = await writePodFiles(client, this.#pod, folder, known);
      } catch (error) {
        // As in a kubelet: what is mounted stays.
        this.#log.debug({ reason: messageOf(error) }, 'the volumes could not be read anew');
      }
    }
  }

  /** False when the signal came first. */
  async #sleeps(ms: number, signal: AbortSignal): Promise<boolean> {
    await this.#options.clock.sleep(ms, signal).catch(() => undefined);
    return !signal.aborted;
  }

  /** Changes what is known of the pod and writes it into its status, one write after the other. */
  #tell(change: Partial<PodFacts>): void {
    this.#facts = { ...this.#facts, ...change };
    this.#telling = this.#telling
      .then(() => this.#writeStatus())
      .catch((error: unknown) => {
        this.#log.warn({ reason: messageOf(error) }, "the pod's status could not be written");
      });
  }

  async #writeStatus(): Promise<void> {
    const { client, clock } = this.#options;
    for (;;) {
      const live = await client.get(POD, keyOf(this.#pod));
      if (live === undefined || live.metadata.uid !== this.#pod.metadata.uid) return;
      const status = podStatus(live, this.#facts, clock.wall());
      if (sameJson(status, live.status)) return;
      try {
        await client.replaceStatus(POD, { ...live, status });
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  async #clear(): Promise<void> {
    const { client, folder } = this.#options;
    const { uid } = this.#pod.metadata;
    try {
      await client.delete(POD, keyOf(this.#pod), {
        ...(uid !== undefined && { uid }),
        gracePeriodSeconds: 0,
      });
    } catch (error) {
      // A namesake stands in its place already.
      if (!isConflict(error)) this.#log.warn({ reason: messageOf(error) }, 'the pod could not be removed');
    }
    await removePodFiles(folder).catch((error: unknown) =>
      this.#log.warn({ reason: messageOf(error), folder }, "the pod's files could not be removed"),
    );
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Values, and fields of the pod as the downward API knows them; other sources do not exist here. */
function environment(pod: Pod, container: V1Container): Record<string, string> {
  const { name, namespace = 'default', uid = '' } = pod.metadata;
  const fields: Record<string, string> = {
    'metadata.name': name,
    'metadata.namespace': namespace,
    'metadata.uid': uid,
    'spec.nodeName': pod.spec?.nodeName ?? '',
    'status.podIP': '127.0.0.1',
    'status.hostIP': '127.0.0.1',
  };
  const entries = (container.env ?? []).map((variable): [string, string] => {
    const path = variable.valueFrom?.fieldRef?.fieldPath;
    return [variable.name, path === undefined ? (variable.value ?? '') : (fields[path] ?? '')];
  });
  return Object.fromEntries(entries);
}
