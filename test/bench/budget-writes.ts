/** What a fleet of holders and their allocator write to the API in a steady state: counted by the API server itself. */
import { setTimeout as delay } from 'node:timers/promises';
import { type HolderProcess, startHolders } from './budget-holders.ts';
import type { ApiRequests, BudgetStage, Fleet } from './budget-stage.ts';

export interface Writes {
  pods: number;
  perSecond: number;
  /** By what was written. */
  of: { reports: number; grants: number; ledgers: number; others: number };
  /** Of all that the budget did, reads and watches that began included. */
  readsPerSecond: number;
  conflicts: number;
  open: number;
  seconds: number;
}

const ACCOUNTS = 5;
const PODS_IN_A_PROCESS = 500;
const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'];
const LOOK_MS = 5_000;
/** So many looks in a row without a word of the allocator: what is written then are renewals. */
const QUIET_LOOKS = 3;
const SETTLE_MS = 300_000;

export async function measureWrites(
  stage: BudgetStage,
  { pods, seconds }: { pods: number; seconds: number },
): Promise<Writes> {
  const accounts = Array.from({ length: ACCOUNTS }, (_, n) => ({
    name: `registry-${n}`,
    limit: pods * 6,
    idleTimeoutSeconds: 600,
  }));
  const third = Math.floor(pods / 3);
  const fleet = await stage.fleet(`writes-${pods}`, accounts, [
    { class: 'core', pods: pods - 2 * third, min: pods - 2 * third },
    { class: 'manage', pods: third, min: third },
    { class: 'query', pods: third, min: third },
  ]);
  const processes = holdersOf(stage, fleet);
  try {
    await settled(stage, processes, pods);
    const before = await stage.requests();
    const beganMs = performance.now();
    await delay(seconds * 1_000);
    const after = await stage.requests();
    const took = (performance.now() - beganMs) / 1_000;
    const { open } = await stateOf(processes);
    return { pods, open, seconds: took, ...figures(minus(after, before), took) };
  } finally {
    await Promise.all(processes.map((process) => process.stop()));
    await fleet.stop();
  }
}

function holdersOf({ kubeconfigPath }: BudgetStage, { namespace, accounts, pods }: Fleet): HolderProcess[] {
  const uids = [...pods.values()].flat().map(({ metadata }) => metadata.uid ?? '');
  const times = accounts.map(({ name, idleTimeoutSeconds }) => ({ name, idleTimeoutSeconds }));
  const processes: HolderProcess[] = [];
  for (let from = 0; from < uids.length; from += PODS_IN_A_PROCESS) {
    const some = uids.slice(from, from + PODS_IN_A_PROCESS);
    processes.push(startHolders({ kubeconfigPath, namespace, pods: some, accounts: times }));
  }
  return processes;
}

async function stateOf(processes: readonly HolderProcess[]) {
  const states = await Promise.all(processes.map((process) => process.state()));
  return {
    served: states.reduce((sum, { served }) => sum + served, 0),
    open: states.reduce((sum, { open }) => sum + open, 0),
    trouble: states.flatMap(({ trouble }) => trouble),
  };
}

/** Everybody has what he wants, and the allocator has had nothing to write for a while. */
async function settled(stage: BudgetStage, processes: readonly HolderProcess[], pods: number): Promise<void> {
  const end = performance.now() + SETTLE_MS;
  let before = await stage.requests();
  for (let quiet = 0; quiet < QUIET_LOOKS; ) {
    await delay(LOOK_MS);
    const now = await stage.requests();
    const { grants, ledgers } = writesOf(minus(now, before));
    before = now;
    const { served, trouble } = await stateOf(processes);
    quiet = served === pods && grants + ledgers === 0 ? quiet + 1 : 0;
    if (performance.now() > end) {
      const why = `${served} served; ${grants} grants, ${ledgers} ledgers in ${LOOK_MS} ms; ${trouble}`;
      throw new Error(`${pods} holders have not settled within ${SETTLE_MS} ms: ${why}`);
    }
  }
}

function minus(after: readonly ApiRequests[], before: readonly ApiRequests[]): ApiRequests[] {
  const then = new Map(before.map(({ id, count }) => [id, count]));
  return after.map((request) => ({ ...request, count: request.count - (then.get(request.id) ?? 0) }));
}

const sum = (requests: readonly ApiRequests[]): number =>
  requests.reduce((total, { count }) => total + count, 0);

/** Our kinds and our events; the tier's own controllers write as well, which is not our load. */
const ours = ({ group, resource }: ApiRequests): boolean => group === 'eppset.io' || resource === 'events';

function writesOf(requests: readonly ApiRequests[]) {
  const writes = requests.filter((request) => ours(request) && WRITES.includes(request.verb));
  const of = (resource: string, subresource = '') =>
    sum(writes.filter((write) => write.resource === resource && write.subresource === subresource));
  const reports = of('eppconnectionleases', 'status');
  const grants = of('eppconnectionleases');
  const ledgers = of('eppconnectionledgers');
  return { all: sum(writes), reports, grants, ledgers, others: sum(writes) - reports - grants - ledgers };
}

function figures(requests: readonly ApiRequests[], seconds: number) {
  const { all, ...of } = writesOf(requests);
  const reads = requests.filter((request) => ours(request) && !WRITES.includes(request.verb));
  return {
    perSecond: all / seconds,
    of,
    readsPerSecond: sum(reads) / seconds,
    conflicts: sum(requests.filter((request) => ours(request) && request.code === '409')),
  };
}
