import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOAD, REGISTRIES, SETS, serviceOf } from '../../demo/cast.ts';
import { CoreLoad } from '../../demo/load.ts';
import { NAMESPACE } from '../../demo/place.ts';
import { type BareCluster, type KindPlace, SAMPLES_IMAGE } from '../../demo/place-kind.ts';
import { kubectlOk } from '../../demo/place-kubernetes.ts';
import { play } from '../../demo/story.ts';
import { registryFigures } from '../../demo/watch.ts';
import { EPP_CONNECTION_LEASE } from '../../src/api/v1alpha1/connection-lease.ts';
import { EPP_CONNECTION_LEDGER } from '../../src/api/v1alpha1/connection-ledger.ts';
import { EPP_REGISTRY } from '../../src/api/v1alpha1/registry.ts';
import { EPP_SET } from '../../src/api/v1alpha1/set.ts';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  POD,
  ROLE,
  ROLE_BINDING,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../src/kube/builtin.ts';
import type { KubeObject, Resource } from '../../src/kube/objects.ts';
import { silent } from '../cluster/progress.ts';
import { runOk } from '../cluster/run.ts';
import { helmPath, kubectlPath } from '../cluster/tools.ts';
import type { Block } from '../docs/blocks.ts';
import { allBlocks } from '../docs/documents.ts';
import { docsEnvironment } from '../docs/environment.ts';
import { type DocumentRun, runDocs } from '../docs/run-docs.ts';
import { eventually } from '../support/eventually.ts';
import { tokenHeaders } from '../support/internal-token.ts';
import { allReady, openStage } from './stage.ts';

/** How long the cluster is watched: five minutes by `STEADY_SECONDS=300`. */
const WATCHED_SECONDS = Number(process.env.STEADY_SECONDS ?? 60);
const RENEW_SECONDS = 20;

const SILENT_KINDS: readonly Resource<KubeObject>[] = [
  EPP_SET,
  EPP_REGISTRY,
  EPP_CONNECTION_LEDGER,
  DEPLOYMENT,
  CONFIG_MAP,
  SERVICE,
  SERVICE_ACCOUNT,
  ROLE,
  ROLE_BINDING,
];

const OPERATORS = { namespace: 'eppset-system', labelSelector: 'app.kubernetes.io/component=operator' };

let place: KindPlace;
/** From `helm install` to the first check that was answered, as README.md says it. */
let readme: DocumentRun;
beforeAll(async () => {
  place = await openStage(async (cluster) => {
    await using environment = await environmentOf(cluster);
    const own = allBlocks().filter(({ document }) => document === 'README.md');
    [readme] = (await runDocs('tested', environment, own)) as [DocumentRun];
    if (readme.failure !== undefined) throw new Error(readme.failure);
    console.log(`the first check was answered after ${readme.seconds} s of the commands in README.md`);
  });
});
afterAll(() => place?.close());

/** Where commands of documents find the cluster. */
const environmentOf = async ({ kubeconfig, image }: BareCluster) =>
  docsEnvironment(
    { kubectl: await kubectlPath(silent), helm: await helmPath(silent) },
    { KUBECONFIG: kubeconfig, IMAGE: image },
  );

describe('an installation by the chart', () => {
  it('answers the first check within a minute', () => {
    expect(readme.passed).toBe(2);
    expect(readme.seconds).toBeLessThan(60);
  });

  it('passes the test that it brings', async () => {
    const helm = await helmPath(silent);
    const env = { ...process.env, KUBECONFIG: place.kubeconfig };
    const { stdout } = await runOk(helm, ['test', 'eppset', '--namespace', OPERATORS.namespace], { env });
    expect(stdout).toMatch(/Phase: +Succeeded/);
  });

  it('stays as it is through helm upgrade with the same values and a restart of the operators, but for the mark of the new leader', async () => {
    await settled();
    const [before, terms] = [await written(), await ledgerTerms()];
    await place.upgrade();
    const operators = await place.client.list(DEPLOYMENT, OPERATORS);
    expect(operators.items.map(({ metadata }) => metadata.generation)).toEqual([1]);
    await kubectlOk(place.kubectl, [
      'delete',
      'pod',
      '-n',
      OPERATORS.namespace,
      '-l',
      OPERATORS.labelSelector,
    ]);
    // It marks every ledger before it does anything, so that no former leader writes there any more.
    await eventually(
      async () => Object.entries(await ledgerTerms()).every(([name, term]) => term > (terms[name] ?? 0)),
      { timeoutMs: 60_000, everyMs: 500, what: 'a new leader' },
    );
    await eventually(
      async () => (await place.client.list(DEPLOYMENT, OPERATORS)).items[0]?.status?.readyReplicas === 2,
      { timeoutMs: 60_000, what: 'the operators are ready again' },
    );
    const besides = changes(before, await written()).filter(
      (change) => !change.startsWith(EPP_CONNECTION_LEDGER.kind),
    );
    expect(besides, besides.join('\n')).toEqual([]);
  });
});

async function ledgerTerms(): Promise<Record<string, number>> {
  const { items } = await place.client.list(EPP_CONNECTION_LEDGER, { namespace: NAMESPACE });
  return Object.fromEntries(items.map(({ metadata, spec }) => [metadata.name, spec.term]));
}

/** Every object that the operator writes, by kind and name. */
async function written(): Promise<Map<string, KubeObject>> {
  const lists = SILENT_KINDS.map(async (resource) => {
    const { items } = await place.client.list(resource, { namespace: NAMESPACE });
    return items.map((object) => [`${resource.kind}/${object.metadata.name}`, object] as const);
  });
  return new Map((await Promise.all(lists)).flat());
}

/** What was written between two looks: each object's name, with how it was and how it is. */
function changes(before: ReadonlyMap<string, KubeObject>, after: ReadonlyMap<string, KubeObject>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old?.metadata.resourceVersion === now?.metadata.resourceVersion) return [];
    return `${name}: ${JSON.stringify(old) ?? 'absent'} → ${JSON.stringify(now) ?? 'absent'}`;
  });
}

/** Reports that each lease's pod has made so far. */
async function reports(): Promise<Map<string, number>> {
  const { items } = await place.client.list(EPP_CONNECTION_LEASE, { namespace: NAMESPACE });
  return new Map(items.map(({ metadata, status }) => [metadata.name, status?.seq ?? 0]));
}

/** Resolves when all is well and nothing has changed for a while: what came up has settled. */
async function settled(): Promise<void> {
  let before = await written();
  await eventually(
    async () => {
      await delay(15_000);
      const now = await written();
      const same = changes(before, now).length === 0;
      before = now;
      return same && (await allReady(place));
    },
    { timeoutMs: 180_000, what: 'the cluster comes to rest' },
  );
}

/** It has a namespace and accounts of its own. */
const isApart = ({ document }: Block): boolean => document === 'docs/five-phases.md';

describe('a steady cluster', () => {
  let apart: Promise<DocumentRun[]>;
  beforeAll(() => {
    apart = (async () => {
      await using environment = await environmentOf(place);
      return await runDocs('cluster', environment, allBlocks().filter(isApart));
    })();
  });

  it(`is silent for ${WATCHED_SECONDS} s: the operator writes nothing, a pod its renewals`, async () => {
    await settled();
    const [before, reportsBefore] = await Promise.all([written(), reports()]);
    const start = performance.now();
    await delay(WATCHED_SECONDS * 1_000);
    const [after, reportsAfter] = await Promise.all([written(), reports()]);
    const seconds = (performance.now() - start) / 1_000;

    expect(before.size).toBeGreaterThan(20);
    const changed = changes(before, after);
    expect(changed, changed.join('\n')).toEqual([]);
    expect([...reportsAfter.keys()].sort()).toEqual([...reportsBefore.keys()].sort());
    for (const [lease, count] of reportsAfter) {
      const renewals = count - (reportsBefore.get(lease) ?? 0);
      // Every 20 s ± 10 %.
      expect(renewals, lease).toBeLessThanOrEqual(Math.ceil(seconds / (RENEW_SECONDS * 0.9)) + 1);
      expect(renewals, lease).toBeGreaterThanOrEqual(Math.floor(seconds / (RENEW_SECONDS * 1.1)) - 1);
    }
  });

  it('was one while a service moved to sets in five phases beside it, by the commands of that document', async () => {
    const [run] = await apart;
    console.log(`${run?.document}: ${run?.passed} blocks, ${run?.seconds} s`);
    expect(run?.failure).toBeUndefined();
    expect(run?.passed).toBeGreaterThan(20);
  });
});

describe('an upgrade to another version', () => {
  it('replaces every pod, fails no registration and goes over no limit', async () => {
    const load = new CoreLoad({
      url: place.serviceUrl(serviceOf(SETS.core)),
      headers: await tokenHeaders(place.client, NAMESPACE),
      rates: LOAD.corePerSecond,
      patienceMs: LOAD.patienceMs,
      label: 'upgrade',
    });
    load.start();
    try {
      // The same program by another name: to Kubernetes it is another version.
      await place.upgrade(SAMPLES_IMAGE);
      await eventually(async () => (await allRun(SAMPLES_IMAGE)) && (await allReady(place)), {
        timeoutMs: 120_000,
        everyMs: 500,
        what: 'every pod runs the other version',
      });
    } finally {
      await load.stop();
    }
    const { sent, succeeded } = load.figures();
    expect(succeeded, [...load.failures].join('\n')).toBe(sent);
    expect(sent).toBeGreaterThan(100);
    for (const { name, service, limit } of REGISTRIES) {
      const { highestSessions, refusals } = await registryFigures(place.serviceUrl(service));
      expect(highestSessions, name).toBeLessThanOrEqual(limit);
      expect(refusals, name).toBe(0);
    }
  });
});

/** Whether no pod of a set or a gateway runs another image, or is on its way out. */
async function allRun(image: string): Promise<boolean> {
  const { items } = await place.client.list(POD, {
    namespace: NAMESPACE,
    labelSelector: 'app.kubernetes.io/managed-by=eppset',
  });
  return items.length > 0 && items.every(({ spec }) => spec?.containers.every((one) => one.image === image));
}

/** A dead leader's Lease lives for 15 s more, and a new leader takes nothing away for want of demand in its first 30 s: the rest is for work. */
const BETWEEN_KILLS_MS = 60_000;

/** SIGKILL to every operator, again and again, until aborted. Returns how many were ended. */
async function killOperators(signal: AbortSignal): Promise<number> {
  let killed = 0;
  while (!signal.aborted) {
    await delay(BETWEEN_KILLS_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const { items } = await place.client.list(POD, OPERATORS);
    for (const { metadata } of items)
      await place.kill({ namespace: OPERATORS.namespace, name: metadata.name });
    killed += items.length;
  }
  return killed;
}

async function operatorRestarts(): Promise<number> {
  const { items } = await place.client.list(POD, OPERATORS);
  const containers = items.flatMap(({ status }) => status?.containerStatuses ?? []);
  return containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
}

describe('the story of the demo', () => {
  it('holds while operators are killed all the time', async () => {
    const stop = new AbortController();
    const killing = killOperators(stop.signal);
    const summary = await play(place, performance.now()).finally(() => stop.abort());
    const killed = await killing;
    expect(killed).toBeGreaterThanOrEqual(2);
    await eventually(async () => (await operatorRestarts()) >= killed, { what: 'every kill hit' });
    expect(summary.problems, summary.problems.join('\n')).toEqual([]);
    expect(summary.core.succeeded).toBe(summary.core.sent);
  });
});

describe('the documents', () => {
  it('have commands that do on a cluster what they say', async () => {
    await using environment = await environmentOf(place);
    const blocks = allBlocks().filter((block) => !isApart(block));
    const runs = await runDocs('cluster', environment, blocks);
    for (const { document, passed, seconds } of runs)
      console.log(`${document}: ${passed} blocks, ${seconds} s`);
    expect(runs.flatMap(({ failure }) => failure ?? [])).toEqual([]);
    expect(runs.length).toBeGreaterThan(5);
  });
});
