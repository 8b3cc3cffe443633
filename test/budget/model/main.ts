/**
 * `node test/budget/model/main.ts [RUNS [FROM [MUTANT]]]`: so many random runs, from this seed on, on all cores. The last line is
 * `N runs of M steps, K violations`; exit code 1 where there is any. With the number of a mutant it is checked instead of the real thing.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { LEAST_STEPS } from './story.ts';
import type { Batch, BatchDone, WorkerSetup } from './worker.ts';

const PROGRESS_MS = 10_000;
const BATCH = 20;
/** More than a person reads at once. */
const ENOUGH_VIOLATIONS = 5;

const given = process.argv.slice(2, 5).map((text) => (text === '' ? undefined : Number(text)));
const [runs = 2_000, first = 1, mutant] = given;
if (!(runs >= 1 && first >= 0)) throw new Error('usage: main.ts [RUNS [FROM [MUTANT]]]');

const total: BatchDone = { runs: 0, steps: 0, leastSteps: Number.POSITIVE_INFINITY, violations: [] };
let next = first;
let toldAtMs = performance.now();
const beganMs = toldAtMs;
const formatted = (n: number): string => n.toLocaleString('en');

function add({ runs: more, steps, leastSteps, violations }: BatchDone): void {
  total.runs += more;
  total.steps += steps;
  total.leastSteps = Math.min(total.leastSteps, leastSteps);
  for (const violation of violations.slice(0, ENOUGH_VIOLATIONS - total.violations.length)) {
    total.violations.push(violation);
    console.log(
      `\n${violation.lines.join('\n')}\nagain: make model RUNS=1 FROM=${violation.seed}${mutant === undefined ? '' : ` MUTANT=${mutant}`}\n`,
    );
  }
  const nowMs = performance.now();
  if (nowMs - toldAtMs < PROGRESS_MS) return;
  toldAtMs = nowMs;
  const perSecond = Math.round((1000 * total.runs) / (nowMs - beganMs));
  console.log(
    `${formatted(total.runs)} of ${formatted(runs)} runs, ${formatted(total.steps)} steps, ${perSecond} runs a second`,
  );
}

/** The next seeds that nobody has run; undefined when there are none, or enough is known. */
function batch(): Batch | undefined {
  if (next >= first + runs || total.violations.length >= ENOUGH_VIOLATIONS) return undefined;
  const from = next;
  next = Math.min(first + runs, from + BATCH);
  return { from, to: next };
}

/** One thread, fed with seeds until there are no more. */
function work(): Promise<void> {
  const setup: WorkerSetup = { mutant };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: setup });
  return new Promise((resolve, reject) => {
    const feed = () => {
      const seeds = batch();
      if (seeds === undefined) resolve(worker.terminate().then(() => {}));
      else worker.postMessage(seeds);
    };
    worker.on('error', reject);
    worker.on('message', (done: BatchDone) => {
      add(done);
      feed();
    });
    feed();
  });
}

const threads = Math.min(availableParallelism(), Math.ceil(runs / BATCH));
console.log(`model check: ${formatted(runs)} runs from seed ${first} on ${threads} threads`);
await Promise.all(Array.from({ length: threads }, work));
const { violations, steps, leastSteps } = total;
if (leastSteps < LEAST_STEPS) throw new Error(`a run ended after ${leastSteps} steps`);
const enough = violations.length >= ENOUGH_VIOLATIONS ? ' or more' : '';
console.log(
  `${formatted(total.runs)} runs of at least ${formatted(LEAST_STEPS)} steps (${formatted(steps)} steps in all), ${violations.length}${enough} violations`,
);
process.exitCode = violations.length === 0 ? 0 : 1;
