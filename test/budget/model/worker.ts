/** A thread of the model check: runs the seeds that it is given, and tells what broke. */
import { parentPort, workerData } from 'node:worker_threads';
import { MUTANTS, type Mutant, mutantParts } from '../mutants.ts';
import { type Parts, realParts } from '../simulation/parts.ts';
import { type Ending, type Story, storyOf, type Telling, tell } from './story.ts';
import { minimalTrace } from './trace.ts';

export interface Batch {
  from: number;
  to: number;
}

export interface BatchDone {
  runs: number;
  steps: number;
  /** Of the shortest run. */
  leastSteps: number;
  violations: { seed: number; lines: string[] }[];
}

/** A mutant by its number instead of the real thing: to see what a violation looks like. */
export interface WorkerSetup {
  mutant: number | undefined;
}

const { mutant: number } = workerData as WorkerSetup;
const mutant = MUTANTS.find((each) => each.number === number);
if (number !== undefined && mutant === undefined) throw new Error(`there is no mutant ${number}`);
/** Once they are loaded, the files of a mutant are needed no more. */
async function partsOf(wrong: Mutant | undefined): Promise<Parts> {
  if (wrong === undefined) return realParts();
  using parts = await mutantParts(wrong);
  return parts;
}

const parts = await partsOf(mutant);
const telling: Telling = { parts, spoil: mutant?.store };

/** A simulation that fails by itself is no violation, but somebody must look at that seed. */
function told(story: Story): Ending {
  try {
    return tell(story, telling);
  } catch (cause) {
    throw new Error(`seed ${story.seed} could not be told`, { cause });
  }
}

parentPort!.on('message', ({ from, to }: Batch) => {
  const done: BatchDone = { runs: 0, steps: 0, leastSteps: Number.POSITIVE_INFINITY, violations: [] };
  for (let seed = from; seed < to; seed += 1) {
    const story = storyOf(seed);
    const { steps, breach } = told(story);
    done.runs += 1;
    done.steps += steps;
    if (breach === undefined) done.leastSteps = Math.min(done.leastSteps, steps);
    else done.violations.push({ seed, lines: minimalTrace(story, telling)!.lines });
  }
  parentPort!.postMessage(done);
});
