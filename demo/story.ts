/** The story of the demo: what happens, in order. The same on every place. */
import { setTimeout as delay } from 'node:timers/promises';
import { EPP_CONNECTION_LEDGER } from '../src/api/v1alpha1/connection-ledger.ts';
import { LABEL } from '../src/api/v1alpha1/labels.ts';
import { EPP_SET, type EppSet } from '../src/api/v1alpha1/set.ts';
import { POD, type Pod } from '../src/kube/builtin.ts';
import { tokenHeaders } from '../test/support/internal-token.ts';
import { Caller } from './business.ts';
import {
  FILES,
  GATEWAY,
  LOAD,
  REGISTRIES,
  SETS,
  SHARED_REGISTRY,
  SHARED_SERVICE,
  serviceOf,
} from './cast.ts';
import { type CoreFigures, CoreLoad, Flood } from './load.ts';
import { NAMESPACE, type Place } from './place.ts';
import { LiveTable, type Sample } from './table.ts';
import { chargesOf, type LedgerFigures, registryFigures, watchLedgers } from './watch.ts';

export interface Summary {
  place: string;
  readySeconds: number;
  /** The set that answered a check through the gateway. */
  gateway: { set: string };
  registries: { name: string; limit: number; highestSessions: number; refusals: number }[];
  core: CoreFigures;
  sharedPool: CoreFigures & { registry: { limit: number; highestSessions: number; refusals: number } };
  flood: { checksAnswered: number; checksTurnedAway: number };
  ledger: LedgerFigures;
  /** Why the exit code is 1; empty when all is well. */
  problems: string[];
}

/** Plays the story on a place whose operator and samples are applied. `typedAtMs`: when the command was typed, monotonic. */
export async function play(place: Place, typedAtMs: number): Promise<Summary> {
  const table = new LiveTable(process.stdout);
  const abort = new AbortController();
  try {
    return await new Story(place, table, abort.signal).run(typedAtMs);
  } finally {
    abort.abort();
    table.finish();
  }
}

class Story {
  private readonly place: Place;
  private readonly table: LiveTable;
  private readonly signal: AbortSignal;
  private readonly ledger: LedgerFigures = { versions: 0, violations: [] };
  private readonly startMs = performance.now();
  private flood: Flood | undefined;
  private core: CoreLoad | undefined;
  /** What the adapters want to see: the callers here stand in for gateways. */
  private headers: Readonly<Record<string, string>> = {};

  constructor(place: Place, table: LiveTable, signal: AbortSignal) {
    this.place = place;
    this.table = table;
    this.signal = signal;
  }

  async run(typedAtMs: number): Promise<Summary> {
    const limits = new Map<string, number>(REGISTRIES.map(({ name, limit }) => [name, limit]));
    void watchLedgers(this.place.client, limits, this.ledger, this.signal);
    await this.firstAnswer();
    const readySeconds = Math.round((performance.now() - typedAtMs) / 100) / 10;
    this.say(`the first EPP command was answered ${readySeconds} s after the start`);
    const gateway = await this.askGateway();
    void this.drawLoop();

    const core = new CoreLoad({
      url: this.place.serviceUrl(serviceOf(SETS.core)),
      headers: this.headers,
      rates: LOAD.corePerSecond,
      patienceMs: LOAD.patienceMs,
      label: 'sets',
    });
    this.core = core;
    core.start();
    this.say('registrations and renewals begin: 15 a second, on the set epp.core.bj');
    await delay(5_000);
    const flood = await this.underFlood();
    await core.stop();
    const registries = await this.readRegistries();
    const sharedPool = await this.compare();
    return this.summary(core.failures, {
      place: this.place.name,
      readySeconds,
      gateway,
      registries,
      core: core.figures(),
      sharedPool,
      flood: { checksAnswered: flood.answered, checksTurnedAway: flood.refused },
      ledger: this.ledger,
    });
  }

  /** Scale-up, rolling update and a killed pod, while checks flood. */
  private async underFlood(): Promise<Flood> {
    const flood = this.newFlood(serviceOf(SETS.query));
    this.say(
      `a flood begins: ${LOAD.floodClients} clients check names as fast as they are answered, on epp.query.bj`,
    );
    flood.start();
    await delay(10_000);

    this.say(`scale epp.query.bj up: ${SETS.query.replicas} → ${SETS.query.replicas + 1} pods`);
    await this.place.scale(SETS.query.name, SETS.query.replicas + 1);
    await this.settled(SETS.query.name, SETS.query.replicas + 1);
    await delay(5_000);

    this.say('roll epp.core.bj: every pod is replaced, connections move from old to new');
    await this.roll(SETS.core.name);
    await this.settled(SETS.core.name, SETS.core.replicas);
    await delay(3_000);

    const pod = (await this.podsOf(SETS.core.name))[0];
    if (!pod) throw new Error('epp.core.bj has no pod to kill');
    this.say(
      `kill the pod ${pod.metadata.name} of epp.core.bj: its connections stay charged until the registry surely dropped them`,
    );
    await this.place.kill({ namespace: NAMESPACE, name: pod.metadata.name });
    await delay(12_000);

    this.say('the flood ends');
    await flood.stop();
    await delay(4_000);
    return flood;
  }

  /** The same load on one shared pool: the state before sets. */
  private async compare(): Promise<Summary['sharedPool']> {
    this.say('and now the same load on ONE shared pool of 20 sessions, as it was before sets');
    this.core = undefined;
    await this.place.apply(FILES.sharedPool);
    await this.adapterAnswers(SHARED_SERVICE);
    const core = new CoreLoad({
      url: this.place.serviceUrl(SHARED_SERVICE),
      headers: this.headers,
      rates: LOAD.sharedCorePerSecond,
      patienceMs: LOAD.patienceMs,
      label: 'shared',
    });
    this.core = core;
    core.start();
    await delay(2_000);
    const flood = this.newFlood(SHARED_SERVICE);
    flood.start();
    await delay(12_000);
    await core.stop();
    await flood.stop();
    const { limit, highestSessions, refusals } = await registryFigures(
      this.place.serviceUrl(SHARED_REGISTRY.service),
    );
    await this.place.remove(FILES.sharedPool);
    return { ...core.figures(), registry: { limit, highestSessions, refusals } };
  }

  private newFlood(service: string): Flood {
    const flood = new Flood({
      url: this.place.serviceUrl(service),
      headers: this.headers,
      tlds: LOAD.floodTlds,
      clients: LOAD.floodClients,
    });
    this.flood = flood;
    return flood;
  }

  private summary(coreFailures: ReadonlyMap<string, number>, found: Omit<Summary, 'problems'>): Summary {
    const problems = [...found.ledger.violations];
    for (const { name, limit, highestSessions, refusals } of found.registries) {
      if (highestSessions > limit)
        problems.push(`${name} counted ${highestSessions} sessions, over its limit of ${limit}`);
      if (refusals > 0) problems.push(`${name} refused ${refusals} logins as over its limit`);
    }
    const failed = found.core.sent - found.core.succeeded;
    if (failed > 0) {
      const why = [...coreFailures].map(([reason, times]) => `${times} × ${reason}`).join('; ');
      problems.push(`${failed} of ${found.core.sent} creates and renewals failed on the sets: ${why}`);
    }
    if (found.gateway.set !== GATEWAY.checks)
      problems.push(`the gateway had a check answered by ${found.gateway.set}, not by ${GATEWAY.checks}`);
    if (found.core.sent === 0) problems.push('no core command was sent');
    if (found.flood.checksAnswered === 0) problems.push('no check of the flood was answered');
    if (found.ledger.versions === 0) problems.push('no ledger version was seen');
    return { ...found, problems };
  }

  private async readRegistries(): Promise<Summary['registries']> {
    const figures = REGISTRIES.map(async ({ name, service }) => {
      const { limit, highestSessions, refusals } = await registryFigures(this.place.serviceUrl(service));
      return { name, limit, highestSessions, refusals };
    });
    return Promise.all(figures);
  }

  private async firstAnswer(): Promise<void> {
    await this.adapterAnswers(serviceOf(SETS.query));
    for (const set of Object.values(SETS)) await this.settled(set.name, set.replicas);
  }

  /** As a business service does: it knows one address, and no token. */
  private async askGateway(): Promise<Summary['gateway']> {
    const set = await this.answers(GATEWAY.service, {});
    this.say(`the gateway ${GATEWAY.name} has a check answered by the set ${set}`);
    return { set };
  }

  /** The callers of the demo ask adapters as a gateway would: they show the token, once the operator has made it. */
  private async adapterAnswers(service: string): Promise<void> {
    await this.until(120_000, 'there is a token', async () => {
      this.headers = await tokenHeaders(this.place.client, NAMESPACE);
      return Object.keys(this.headers).length > 0;
    });
    await this.answers(service, this.headers);
  }

  /** Waits until a check is answered. Returns the set that did. */
  private async answers(service: string, headers: Readonly<Record<string, string>>): Promise<string> {
    const caller = new Caller(1, headers);
    let set = '';
    try {
      await this.until(120_000, `${service} answers a check`, async () => {
        const answer = await caller.post(`${this.place.serviceUrl(service)}/com/check`, {
          names: ['first.com'],
        });
        set = answer.set;
        return answer.status === 200;
      });
    } finally {
      await caller.close();
    }
    return set;
  }

  private async podsOf(set: string): Promise<Pod[]> {
    const options = { namespace: NAMESPACE, labelSelector: `${LABEL.setObject}=${set}` };
    const pods = (await this.place.client.list(POD, options)).items;
    return pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  }

  /** Waits until the set has that many ready pods and none of a former template. */
  private settled(set: string, replicas: number): Promise<void> {
    return this.until(120_000, `${set} is ready with ${replicas} pods`, async () => {
      const object = await this.place.client.get(EPP_SET, { namespace: NAMESPACE, name: set });
      const ready = object?.status?.conditions?.find((condition) => condition.type === 'Ready');
      const current = object?.status?.observedGeneration === object?.metadata.generation;
      const rolled = (await this.podsOf(set)).length === replicas;
      return current && rolled && ready?.status === 'True' && object?.status?.readyReplicas === replicas;
    });
  }

  /** A change of the pod template, as `kubectl rollout restart` makes one. */
  private async roll(name: string): Promise<void> {
    const set = await this.place.client.get(EPP_SET, { namespace: NAMESPACE, name });
    if (!set) throw new Error(`no EppSet ${name}`);
    const annotations = {
      ...set.spec.template.annotations,
      'demo.eppset.io/rolled-at': new Date().toISOString(),
    };
    const changed: EppSet = {
      ...set,
      spec: { ...set.spec, template: { ...set.spec.template, annotations } },
    };
    await this.place.client.replace(EPP_SET, changed);
  }

  private async drawLoop(): Promise<void> {
    let last = { atMs: performance.now(), answered: 0, flood: this.flood };
    while (!this.signal.aborted) {
      await delay(500, undefined, { signal: this.signal }).catch(() => {});
      const nowMs = performance.now();
      const answered = this.flood?.answered ?? 0;
      const before = last.flood === this.flood ? last.answered : 0;
      const checksPerSecond = Math.round(((answered - before) * 1_000) / (nowMs - last.atMs));
      last = { atMs: nowMs, answered, flood: this.flood };
      const sample = await this.sample(checksPerSecond).catch(() => undefined);
      if (sample && !this.signal.aborted) this.table.draw(sample);
    }
  }

  private async sample(checksPerSecond: number): Promise<Sample> {
    const ledgers = (await this.place.client.list(EPP_CONNECTION_LEDGER, { namespace: NAMESPACE })).items;
    const rows = REGISTRIES.map(async ({ name, service, limit }) => {
      const figures = await registryFigures(this.place.serviceUrl(service));
      const ledger = ledgers.find((candidate) => candidate.metadata.name === name);
      const entries = Object.values(ledger?.spec.entries ?? {});
      const quarantined = entries
        .filter((entry) => entry.state === 'Quarantined')
        .reduce((sum, entry) => sum + entry.charge, 0);
      return {
        name,
        limit,
        sessions: figures.sessions,
        highest: figures.highestSessions,
        charged: ledger ? chargesOf(ledger) : 0,
        quarantined,
      };
    });
    const core = this.core?.figures() ?? { sent: 0, succeeded: 0, p99Ms: 0 };
    return {
      seconds: Math.round((performance.now() - this.startMs) / 1000),
      registries: await Promise.all(rows),
      checksPerSecond,
      core,
    };
  }

  private async until(timeoutMs: number, what: string, check: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + timeoutMs;
    let last: unknown;
    while (performance.now() < end) {
      try {
        if (await check()) return;
        last = undefined;
      } catch (error) {
        last = error;
      }
      await delay(100);
    }
    throw new Error(`${what}: not within ${timeoutMs / 1000} s`, { cause: last });
  }

  private say(text: string): void {
    const seconds = Math.round((performance.now() - this.startMs) / 1000);
    this.table.say(`[${String(seconds).padStart(3)} s] ${text}`);
  }
}
