/** What a scenario has at hand: the stage, what is seen of it, and the promise that all it breaks is mended in the end. */
import { setTimeout as delay } from 'node:timers/promises';
import { COORDINATION_LEASE, POD, type Pod } from '../../src/kube/builtin.ts';
import { eventually } from '../support/eventually.ts';
import { ACCOUNTS, type Cast, NAMESPACE, RECOVERY_MS, SYSTEM_NAMESPACE } from './cast.ts';
import { type PodName, reachesApi } from './faults.ts';
import type { Stage } from './stage.ts';
import { overLimit } from './verdict.ts';
import { isReady, type View } from './view.ts';

export interface Scenario {
  name: string;
  /** For people. */
  about: string;
  /**
   * What core has at every account throughout: its minimum; at least one connection; or nothing that could be promised. Where core's pods
   * stay alive and can speak to API and registry, it is the minimum.
   */
  core: 'minimum' | 'one' | 'nothing';
  /** Why it cannot be played here; undefined where it can. */
  leftOut?(): Promise<string | undefined>;
  /** Breaks and mends. When it returns the way is free for full use. */
  play(drama: Drama): Promise<void>;
}

const OPERATORS = { namespace: SYSTEM_NAMESPACE, labelSelector: 'app.kubernetes.io/component=operator' };
/** An election waits for a Lease of 15 s; those who lost one start anew. */
const ELECTION_MS = 45_000;

export class Drama {
  readonly stage: Stage;
  readonly view: View;
  /** What each account is judged by. A scenario that cuts a limit changes it. */
  readonly limits = new Map<string, number>(ACCOUNTS.map(({ name, limit }) => [name, limit]));
  /** What is wrong, in sentences. */
  readonly problems: string[] = [];
  readonly highest = new Map<string, number>();
  /** Since when the way to full use is free (monotonic ms), where that is not the end of `play`: nobody mends a crash. */
  freeSinceMs: number | undefined;
  readonly #say: (line: string) => void;
  readonly #mends: (() => Promise<void>)[] = [];

  constructor(stage: Stage, view: View, say: (line: string) => void) {
    this.stage = stage;
    this.view = view;
    this.#say = say;
  }

  say(line: string): void {
    this.#say(line);
  }

  /** Done in the end, whatever happens, unless it was done before: call what is returned to mend earlier. */
  toMend(mend: () => Promise<void>): () => Promise<void> {
    let done = false;
    const once = async () => {
      if (done) return;
      done = true;
      await mend();
    };
    this.#mends.push(once);
    return once;
  }

  async mendAll(): Promise<void> {
    for (const mend of this.#mends.reverse()) {
      await mend().catch((error: unknown) => {
        this.problems.push(`not mended: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  }

  until(check: () => boolean | Promise<boolean>, what: string, timeoutMs: number): Promise<boolean> {
    return eventually(check, { timeoutMs, everyMs: 100, what });
  }

  /** Where the length of a fault is the point of the scenario. */
  async lasts(ms: number): Promise<void> {
    await delay(ms);
  }

  /**
   * Nothing is charged to the pods any more, and everything is granted and open elsewhere: the worst moment for them to come back. Fails
   * when that takes longer than the protocol says.
   */
  async othersUseAll(lost: readonly Pod[]): Promise<void> {
    const start = performance.now();
    let why: string | undefined;
    const full = () => {
      const charged = this.view.chargesOf(lost);
      why = charged > 0 ? `${charged} still charged to what is broken` : this.view.notFull(this.limits);
      return why === undefined;
    };
    // A leader that was cut off as well is followed by another one first.
    await this.until(full, 'full use without what is broken', RECOVERY_MS + ELECTION_MS).catch((error) => {
      throw new Error(`${(error as Error).message}: ${why}`, { cause: error });
    });
    this.say(`others use all after ${seconds(performance.now() - start)}`);
  }

  /** One of the set's ready pods: of the node, where one is given; the one whose container was restarted least. */
  pod({ name }: Cast, node?: string): Pod {
    const restarts = ({ status }: Pod) => status?.containerStatuses?.[0]?.restartCount ?? 0;
    const found = this.view
      .pods(name)
      .filter((pod) => isReady(pod) && (node === undefined || pod.spec?.nodeName === node))
      .sort((a, b) => restarts(a) - restarts(b))[0];
    if (!found) throw new Error(`${name} has no ready pod${node === undefined ? '' : ` on ${node}`}`);
    return found;
  }

  async operators(): Promise<Pod[]> {
    const { items } = await this.stage.client.list(POD, OPERATORS);
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Who leads, by the election's Lease: the pod and the process in it. */
  async leader(): Promise<PodName & { identity: string }> {
    const key = { namespace: SYSTEM_NAMESPACE, name: 'eppset-operator' };
    const lease = await this.stage.client.get(COORDINATION_LEASE, key);
    const identity = lease?.spec?.holderIdentity ?? '';
    const [name] = identity.split('_');
    if (!name) throw new Error('nobody leads');
    return { namespace: SYSTEM_NAMESPACE, name, identity };
  }

  async somebodyLeads(): Promise<void> {
    const anybody = async () => (await this.leader()).identity !== '';
    await this.until(anybody, 'an operator leads', ELECTION_MS);
  }

  async anotherLeads(than: { identity: string }): Promise<void> {
    const other = async () => (await this.leader()).identity !== than.identity;
    await this.until(other, 'another operator leads', ELECTION_MS);
  }

  /** To pods as well: they reach it through kube-proxy, which is the last to learn that it is back. */
  async apiAnswers(): Promise<void> {
    await this.until(() => this.view.fresh, 'an answer of the API server', 120_000);
    for (const node of this.stage.cluster.nodes) {
      const reached = () => reachesApi(this.stage.cluster, node);
      await this.until(reached, `a way to the API server for pods on ${node}`, 120_000);
    }
  }

  /** Compares what the registries counted so far with the limits, and begins a new count. */
  async judge(): Promise<void> {
    for (const account of ACCOUNTS) {
      const { highest } = await this.view.registry(account);
      const limit = this.limits.get(account.name) ?? 0;
      this.highest.set(account.name, Math.max(highest, this.highest.get(account.name) ?? 0));
      this.problems.push(...overLimit({ account: account.name, limit, highest }));
      await this.view.resetHighest(account);
    }
  }
}

export function nameOf(pod: Pod): PodName {
  return { namespace: pod.metadata.namespace ?? NAMESPACE, name: pod.metadata.name };
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
