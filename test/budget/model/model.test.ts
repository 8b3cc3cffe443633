/** A short model check: `make model` runs more of it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { MUTANTS, mutantParts } from '../mutants.ts';
import { realParts } from '../simulation/parts.ts';
import { LEAST_STEPS, type Story, storyOf, tell } from './story.ts';
import { minimalTrace } from './trace.ts';

const real = await realParts();
const GROUPS = Array.from({ length: 12 }, (_, i) => 10 * i + 1);

describe('random stories', () => {
  it.each(GROUPS)(
    'keep every invariant: ten of them from seed %d',
    (first) => {
      for (let seed = first; seed < first + 10; seed += 1) {
        const { breach, steps } = tell(storyOf(seed), { parts: real });
        expect(breach, `seed ${seed}`).toBeUndefined();
        expect(steps).toBeGreaterThanOrEqual(LEAST_STEPS);
      }
    },
    60_000,
  );

  it('are told in the same way each time', () => {
    expect(tell(storyOf(7), { parts: real })).toEqual(tell(storyOf(7), { parts: real }));
  });

  it('are of small and large accounts, one to three of them, with one leader and with two', () => {
    const topologies = Array.from({ length: 300 }, (_, seed) => storyOf(seed).topology);
    const limits = topologies.flatMap(({ registries }) => registries.map(({ limit }) => limit));
    expect(new Set(limits)).toEqual(new Set([1, 4, 6, 10, 30, 500]));
    expect(new Set(topologies.map(({ registries }) => registries.length))).toEqual(new Set([1, 2, 3]));
    expect(new Set(topologies.map(({ leaders }) => leaders))).toEqual(new Set([1, 2]));
    expect(new Set(topologies.map(({ timeScale }) => timeScale))).toEqual(new Set([1, 0.1]));
  });
});

describe('a violation', () => {
  it.each([1, 2, 10, 12])(
    'by mutant %d is told in a few lines: without any of them it would not be',
    async (number) => {
      const mutant = MUTANTS.find((each) => each.number === number)!;
      using parts = await mutantParts(mutant);
      const telling = { parts, spoil: mutant.store };
      const story = firstThatBreaks((each) => tell(each, telling).breach !== undefined);
      const trace = minimalTrace(story, telling)!;
      expect(trace.story.faults.length).toBeLessThanOrEqual(5);
      expect(trace.lines.length).toBeLessThanOrEqual(22);
      expect(trace.lines.at(-1)).toMatch(/^broken: I\d+: /);
      for (let at = 0; at < trace.story.faults.length; at += 1) {
        const without = { ...trace.story, faults: trace.story.faults.toSpliced(at, 1) };
        expect(tell(without, telling).breach?.invariant).not.toBe(trace.invariant);
      }
      // It is the mutant, not the story.
      expect(tell(trace.story, { parts: real }).breach).toBeUndefined();
    },
    60_000,
  );
});

function firstThatBreaks(breaks: (story: Story) => boolean): Story {
  for (let seed = 1; seed <= 500; seed += 1) {
    const story = { ...storyOf(seed), settles: false };
    if (breaks(story)) return story;
  }
  throw new Error('no story tells this mutant from the real thing');
}

describe('make model', () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [main, ...args]);

  it('ends with how much it did', async () => {
    const { stdout } = await run('10', '1');
    expect(stdout.trim().split('\n').at(-1)).toMatch(
      /^10 runs of at least 1,000 steps \([\d,]+ steps in all\), 0 violations$/,
    );
  }, 60_000);

  it('fails, and says what to read, where something breaks', async () => {
    const failure = await run('20', '1', '6').then(
      () => undefined,
      (error: { code: number; stdout: string }) => error,
    );
    expect(failure?.code).toBe(1);
    expect(failure?.stdout).toMatch(/^broken: I\d: at [\d.]+ s: /m);
    expect(failure?.stdout).toMatch(/^again: make model RUNS=1 FROM=\d+ MUTANT=6$/m);
    expect(failure?.stdout.trim().split('\n').at(-1)).toMatch(/ [1-9]\d*( or more)? violations$/);
  }, 60_000);
});
