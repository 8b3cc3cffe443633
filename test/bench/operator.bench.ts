/**
 * An operator with 1,000 sets and 3,000 pods on a real API server, as a process of its own: how long until every set has its objects and
 * its status, how often it writes, how much memory it takes, and that it then writes nothing, nor after a restart. Pods are only objects;
 * their leases are reported on in their place.
 *
 * Run: `make bench-operator`, about six minutes on a quiet machine of two cores; `SETS=100` for fewer sets.
 */
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.ts';
import { type ApiRequests, startBudgetStage } from './budget-stage.ts';
import { OperatorFleet } from './operator-fleet.ts';
import { type BenchOperator, operatorBundle } from './operator-process.ts';
import { type Row, tell } from './rows.ts';
import { machine } from './stage.ts';

const NAMESPACES = 20;
const PODS_OF_A_SET = 3;
const MOST_WRITES = 12;
const MOST_MEGABYTES = 300;
const STEADY_SECONDS = 60;
const QUIET_MS = 15_000;

const rows: Row[] = [];
/** What the operator alone writes, by kind: everybody else uses other verbs on these. The events are the rest of what it has sent. */
function writesOf(after: readonly ApiRequests[], before: readonly ApiRequests[]): Record<string, number> {
  const then = new Map(before.map(({ id, count }) => [id, count]));
  const found: Record<string, number> = {};
  for (const { id, verb, group, resource, subresource, count } of after) {
    const applied = verb === 'APPLY' && (subresource === '' || group === 'eppset.io');
    const replaced = verb === 'PUT' && group === 'eppset.io' && subresource === '';
    const made = verb === 'POST' && (resource.startsWith('eppconnection') || resource === 'secrets');
    const by = count - (then.get(id) ?? 0);
    if (by === 0 || !(applied || replaced || made)) continue;
    const name = `${verb} ${resource}${subresource && `/${subresource}`}`;
    found[name] = (found[name] ?? 0) + by;
  }
  return found;
}

const sum = (of: Record<string, number>, wanted: (name: string) => boolean): number =>
  Object.entries(of).reduce((total, [name, count]) => total + (wanted(name) ? count : 0), 0);

const PER_POD = 'eppconnectionleases';
const PER_ACCOUNT = ['eppconnectionledgers', 'eppregistries'];

/** Nothing was written for a while. Resolves with when the last write was seen. */
async function quiet(operator: BenchOperator): Promise<number> {
  let last = -1;
  let sinceMs = performance.now();
  await eventually(
    async () => {
      const now = await operator.writes();
      if (now !== last) sinceMs = performance.now();
      last = now;
      return performance.now() - sinceMs > QUIET_MS;
    },
    { timeoutMs: 300_000, everyMs: 1_000, what: 'the operator has nothing to write' },
  );
  return sinceMs;
}

const sets = Number(process.env.BENCH_SETS || 1_000);
const size = { namespaces: NAMESPACES, setsInEach: Math.ceil(sets / NAMESPACES), podsOfEach: PODS_OF_A_SET };
const stage = await startBudgetStage();
const program = await operatorBundle();
const fleet = new OperatorFleet(stage.client, size);
let operator: BenchOperator | undefined;
try {
  await fleet.prepare();
  const atFirst = await stage.requests();
  operator = await program.start(stage.kubeconfigPath);
  await delay(5_000);

  const beganMs = performance.now();
  fleet.startPods();
  await fleet.createSets();
  const createdMs = performance.now() - beganMs;
  await eventually(async () => (await fleet.observed()) === fleet.sets, {
    timeoutMs: 600_000,
    everyMs: 1_000,
    what: 'every set has its status',
  });
  const convergedMs = performance.now() - beganMs;
  await eventually(async () => fleet.served() === fleet.pods, {
    timeoutMs: 600_000,
    everyMs: 1_000,
    what: 'every pod has its connections',
  });
  const servedMs = performance.now() - beganMs;
  const restMs = (await quiet(operator)) - beganMs;
  const { cores } = machine();
  tell(rows, {
    what: `${fleet.sets} sets and ${fleet.pods} pods: until every set's status tells of its pods`,
    measured: convergedMs / 1_000,
    unit: 's',
    wanted: 'measured',
    ok: true,
    setsCreatedAfter: Math.round(createdMs / 1_000),
    podsServedAfter: Math.round(servedMs / 1_000),
    atRestAfter: Math.round(restMs / 1_000),
    operatorCpuSeconds: Math.round(await operator.cpuSeconds()),
    cores,
  });

  const all = await operator.writes();
  const byKind = writesOf(await stage.requests(), atFirst);
  const ofPods = sum(byKind, (name) => name.includes(PER_POD));
  const ofAccounts = sum(byKind, (name) => PER_ACCOUNT.some((kind) => name.includes(kind)));
  const ofNamespaces = sum(byKind, (name) => name.includes('secrets'));
  const events = all - sum(byKind, () => true);
  const perSet = (all - ofPods - ofAccounts - ofNamespaces - events) / fleet.sets;
  tell(rows, {
    what: 'writes a set, of its objects and its status',
    measured: perSet,
    unit: 'writes',
    wanted: `<= ${MOST_WRITES}`,
    ok: perSet > 0 && perSet <= MOST_WRITES,
    perPod: ofPods / fleet.pods,
    perAccount: ofAccounts / fleet.accounts,
    perNamespace: ofNamespaces / NAMESPACES,
    events,
    requests: all,
    byKind,
  });

  const writesBefore = await operator.writes();
  const cpuBefore = await operator.cpuSeconds();
  await delay(STEADY_SECONDS * 1_000);
  const steady = (await operator.writes()) - writesBefore;
  tell(rows, {
    what: `writes in ${STEADY_SECONDS} s of a steady state`,
    measured: steady,
    unit: 'writes',
    wanted: '0',
    ok: steady === 0,
    operatorCpuSeconds: Number(((await operator.cpuSeconds()) - cpuBefore).toFixed(2)),
  });
  const { now, peak } = operator.memory();
  tell(rows, {
    what: 'memory of the operator, resident at its peak',
    measured: peak,
    unit: 'MB',
    wanted: `<= ${MOST_MEGABYTES}`,
    ok: peak <= MOST_MEGABYTES,
    steady: Math.round(now),
  });

  await operator.stop();
  const beforeRestart = await stage.requests();
  operator = await program.start(stage.kubeconfigPath);
  await delay(30_000);
  const again = await operator.writes();
  const restarted = writesOf(await stage.requests(), beforeRestart);
  const claims = restarted['PUT eppconnectionledgers'] ?? 0;
  tell(rows, {
    what: 'writes after a restart, but for the claim that a new leader makes of each ledger',
    measured: again - claims,
    unit: 'writes',
    wanted: `0, and ${fleet.accounts} claims`,
    ok: again - claims === 0 && claims <= fleet.accounts,
    claims,
    byKind: restarted,
  });
  const after = operator.memory();
  tell(rows, {
    what: 'memory of a restarted operator, resident at its peak',
    measured: after.peak,
    unit: 'MB',
    wanted: `<= ${MOST_MEGABYTES}`,
    ok: after.peak <= MOST_MEGABYTES,
    steady: Math.round(after.now),
  });
} finally {
  await operator?.stop();
  await fleet.stop();
  await stage.stop();
  await program.remove();
}
const { cores, loadAverage } = machine();
console.log(
  `${cores} cores, load average ${loadAverage.toFixed(1)}: more than cores + 2 means that others took their share`,
);
const name = sets === 1_000 ? 'bench-operator' : `bench-operator-${sets}`;
const out = fileURLToPath(new URL(`../../out/${name}.json`, import.meta.url));
await writeFile(out, `${JSON.stringify({ machine: machine(), rows }, null, 2)}\n`);
if (rows.some(({ ok }) => !ok)) process.exitCode = 1;
