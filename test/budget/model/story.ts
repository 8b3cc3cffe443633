/**
 * One run of the model check: a cluster, and faults one after another and over each other. A story is plain data under one seed, so that it
 * can be told again without some of its faults.
 */

import { Chance } from '../simulation/chance.ts';
import { NO_POD_FAULTS } from '../simulation/holder-node.ts';
import type { Parts } from '../simulation/parts.ts';
import { NO_FAULTS, type Store } from '../simulation/store.ts';
import { BreachError, Simulation } from '../simulation.ts';
import { FAULTS, type Scene } from './faults.ts';
import { type Topology, TWO_ACCOUNTS, topologyOf } from './topology.ts';

const SECOND = 1_000;
/** Things that happen in a run, at least. */
export const LEAST_STEPS = 1_000;

export interface FaultAt {
  /** True time since the cluster is up. */
  atMs: number;
  kind: string;
  seed: number;
}

export interface Story {
  seed: number;
  topology: Topology;
  faults: readonly FaultAt[];
  /** How long it goes on after the last fault. */
  afterMs: number;
  /** In the end the faults are taken back, and everything must settle (I8). */
  settles: boolean;
}

export interface Line {
  atMs: number;
  text: string;
}

export interface Ending {
  /** What broke. `I8`: it did not settle. */
  breach?: { invariant: string; message: string };
  steps: number;
  /** Faults as they happened. */
  lines: Line[];
}

export interface Telling {
  parts: Parts;
  /** What the store does wrong. */
  spoil?: ((store: Store) => void) | undefined;
  /** Called before anything has happened. */
  watch?: (sim: Simulation) => void;
}

const KINDS = Object.keys(FAULTS);

/** One in 25 settles in the end: that takes as long as ten others. */
export function storyOf(seed: number): Story {
  const chance = new Chance(seed);
  const topology = topologyOf(chance);
  const faults: FaultAt[] = [];
  const count = chance.pick([2, 3, 4, 6, 8, 12])!;
  let atMs = 0;
  for (let n = 0; n < count; n += 1) {
    // Close together, so that they meet, or after the one before is told.
    atMs += chance.between(0, chance.pick([1, 10, 30, 90])! * SECOND) * topology.timeScale;
    faults.push({ atMs, kind: chance.pick(KINDS)!, seed: Math.floor(chance.random() * 2 ** 32) });
  }
  const afterMs = chance.pick([10, 60, 400])! * SECOND * topology.timeScale;
  return { seed, topology, faults, afterMs, settles: chance.random() < 0.04 };
}

/** Sixty faults at a cluster of two accounts, at production timing; everything settles in the end. */
export function longStoryOf(seed: number): Story {
  const chance = new Chance(seed);
  const faults: FaultAt[] = [];
  let atMs = 0;
  for (let n = 0; n < 60; n += 1) {
    faults.push({ atMs, kind: chance.pick(KINDS)!, seed: Math.floor(chance.random() * 2 ** 32) });
    atMs += chance.between(0.1, 60) * SECOND;
  }
  return { seed, topology: TWO_ACCOUNTS, faults, afterMs: 30 * SECOND, settles: true };
}

export function tell(story: Story, { parts, spoil, watch }: Telling): Ending {
  const { topology } = story;
  const lines: Line[] = [];
  const sim = new Simulation({
    seed: story.seed,
    parts,
    drift: 0.01,
    registries: topology.registries,
    sets: topology.sets,
    timing: parts.timing.timing(topology.timeScale),
  });
  spoil?.(sim.store);
  watch?.(sim);
  try {
    goOn(story, sim, lines);
    if (!story.settles) return { steps: sim.world.steps, lines };
    const unsettled = settle(story, sim);
    const breach = { invariant: 'I8', message: `it does not settle: ${unsettled.join('; ')}` };
    return { steps: sim.world.steps, lines, ...(unsettled.length > 0 && { breach }) };
  } catch (error) {
    if (!(error instanceof BreachError)) throw error;
    return { breach: error, steps: sim.world.steps, lines };
  }
}

function goOn({ topology, faults, afterMs }: Story, sim: Simulation, lines: Line[]): void {
  const { world } = sim;
  for (let n = 0; n < topology.leaders; n += 1) sim.lead();
  for (const { name } of topology.sets) {
    sim.scale(name, topology.replicas[name]!);
    sim.setLoad(name, topology.load[name]!);
  }
  world.run(30 * SECOND * topology.timeScale);
  const scene: Scene = { sim, topology, backup: undefined };
  const beginMs = world.nowMs;
  for (const { atMs, kind, seed } of faults) {
    world.run(beginMs + atMs - world.nowMs);
    const text = FAULTS[kind]!(scene, new Chance(seed));
    if (text !== undefined) lines.push({ atMs: world.nowMs, text });
  }
  world.run(afterMs);
  while (world.steps < LEAST_STEPS) world.run(10 * SECOND);
}

/** The faults end. I8: what does not settle within T_exp + Q, in words. */
function settle({ topology }: Story, sim: Simulation): string[] {
  const { world } = sim;
  const endFaults = () => calm(sim, topology);
  endFaults();
  // What was to last at most 900 s is over then.
  world.run(1_000 * SECOND * topology.timeScale);
  endFaults();
  for (let turn = 0; turn < 5; turn += 1) {
    world.run(sim.settleMs());
    if (sim.unsettled().length === 0) return [];
  }
  return sim.unsettled();
}

function calm(sim: Simulation, { registries }: Topology): void {
  for (const { name, limit, commands = {} } of registries) {
    sim.changeRegistry(name, { limit });
    sim.changeCommands(name, commands);
  }
  for (const node of [...sim.pods.values(), ...sim.allocators]) {
    Object.assign(node.link.faults, NO_FAULTS);
    if (node.paused) node.resume();
  }
  for (const pod of [...sim.pods.values()]) {
    Object.assign(pod.faults, NO_POD_FAULTS);
    pod.pauseAfterReport = false;
    if (!pod.alive && sim.facts.pods.has(pod.pod.uid)) pod.restart();
  }
  if (!sim.leader.alive) sim.lead();
}
