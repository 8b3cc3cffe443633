import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type GatewayVoice,
  progressOf,
  type RolloutPlan,
  type RolloutState,
} from '../../src/routing/rollout-progress.ts';

const PLAN: RolloutPlan = {
  run: 'one',
  steps: [
    { percent: 1, holdMs: 10_000 },
    { percent: 10, holdMs: 20_000 },
    { percent: 100, holdMs: 30_000 },
  ],
  percent: 100,
  paused: false,
  aborted: false,
};

type Report = NonNullable<GatewayVoice['report']>;

function voice(percent: number, more: Partial<Report> = {}, gateway = 'gw-0'): GatewayVoice {
  return {
    gateway,
    report: { run: 'one', percent, sets: { requests: 1 }, legacy: { requests: 99 }, ...more },
  };
}

/** An operator with gateways that take everything over by its next look. */
class Story {
  state: RolloutState | undefined;
  readonly reasons: string[] = [];
  plan = PLAN;
  nowMs = 1_000_000;

  look(afterMs = 0, voices: readonly GatewayVoice[] = [this.#obedient()]) {
    this.nowMs += afterMs;
    const progress = progressOf(this.state, this.plan, voices, this.nowMs);
    this.state = progress.state;
    this.reasons.push(...progress.events.map(({ reason }) => reason.replace('Rollout', '')));
    return progress;
  }

  #obedient(): GatewayVoice {
    return voice(this.state?.percent ?? 0, { run: this.plan.run });
  }

  get told(): string {
    return `${this.state?.phase} ${this.state?.percent}`;
  }
}

/** At step 10 %, which every gateway has since now. */
function atTen(): Story {
  const story = new Story();
  story.look();
  story.look();
  story.look(10_000);
  story.look();
  expect(story.told).toBe('Progressing 10');
  return story;
}

describe('a rollout', () => {
  it('goes through its steps, each held since every gateway has it', () => {
    const story = new Story();
    expect(story.look().state).toMatchObject({ phase: 'Progressing', percent: 1, step: 0, run: 'one' });
    expect(story.state).not.toHaveProperty('stepStartMs');
    expect(story.look(5_000)).toMatchObject({ afterMs: 10_000, state: { stepStartMs: story.nowMs } });
    expect(story.look(9_999).afterMs).toBe(1);
    expect(story.told).toBe('Progressing 1');
    story.look(1);
    expect(story.told).toBe('Progressing 10');
    story.look();
    story.look(20_000);
    expect(story.told).toBe('Progressing 100');
    story.look();
    story.look(30_000);
    expect(story.told).toBe('Completed 100');
    expect(story.look(1e9)).toEqual({ state: story.state, events: [] });
    expect(story.reasons).toEqual(['Started', 'StepReached', 'StepReached', 'Completed']);
  });

  it.each<[string, GatewayVoice[], RegExp]>([
    ['no gateway is ready', [], /waits for a gateway/],
    ['one cannot be asked', [voice(10), { gateway: 'gw-1' }], /gw-1 cannot be asked$/],
    ['one has an older percentage', [voice(10), voice(1, {}, 'gw-1')], /; gw-1 is at 1 %$/],
    ['one has an older run', [voice(10), voice(10, { run: 'zero' }, 'gw-1')], /gw-1 is at 10 %/],
    [
      'none served a request',
      [voice(10, { sets: { requests: 0 }, legacy: { requests: 0 } })],
      /waits for requests/,
    ],
    [
      'many are late',
      [1, 2, 3, 4, 5].map((at) => voice(1, {}, `gw-${at}`)),
      /gw-1 .*gw-2 .*gw-3 .* and 2 more$/,
    ],
  ])('waits while %s', (_, voices, message) => {
    const story = atTen();
    const { state, events } = story.look(1e9, voices);
    expect([story.told, events]).toEqual(['Progressing 10', []]);
    expect(state.message).toMatch(message);
    story.look();
    expect(story.told).toBe('Progressing 100');
  });

  it('goes on by time where the sets alone, or the legacy path alone, have requests', () => {
    for (const idle of [{ sets: { requests: 0 } }, { legacy: { requests: 0 } }]) {
      const story = atTen();
      story.look(20_000, [voice(10, idle)]);
      expect(story.told).toBe('Progressing 100');
    }
  });

  it('pauses, and holds the step anew when it goes on', () => {
    const story = atTen();
    story.plan = { ...PLAN, paused: true };
    story.look(19_000);
    story.look(1e9);
    expect(story.told).toBe('Paused 10');
    story.plan = PLAN;
    story.look();
    story.look(19_999);
    expect(story.told).toBe('Progressing 10');
    story.look(1);
    expect(story.told).toBe('Progressing 100');
    expect(story.reasons.slice(2)).toEqual(['Paused', 'Resumed', 'StepReached']);
  });

  it('may begin paused: with its first step', () => {
    const story = new Story();
    story.plan = { ...PLAN, paused: true };
    story.look();
    story.look(1e9);
    expect(story.told).toBe('Paused 1');
    expect(story.reasons).toEqual(['Started', 'Paused']);
  });

  it.each(['Progressing', 'Paused', 'Completed'] as const)('rolls back from %s, for good', (phase) => {
    const story = atTen();
    if (phase === 'Paused') story.plan = { ...PLAN, paused: true };
    if (phase === 'Completed') story.state = { ...story.state!, phase, percent: 100, step: 2 };
    story.look();
    const { state, events } = story.look(1, [voice(10), voice(10, { tripped: 'too slow' }, 'gw-1')]);
    expect(state).toMatchObject({ phase: 'RolledBack', percent: 0 });
    expect(state.message).toMatch(/^rolled back from (10|100) %: too slow \(seen by gw-1\)$/);
    expect(events).toMatchObject([{ type: 'Warning', reason: 'RolloutRolledBack' }]);
    for (const plan of [PLAN, { ...PLAN, paused: true }, { ...PLAN, aborted: true }]) {
      story.plan = plan;
      expect(story.look(1e9)).toEqual({ state, events: [] });
    }
    story.plan = { ...PLAN, run: 'two' };
    story.look();
    expect(story.told).toBe('Progressing 1');
    expect(story.reasons.at(-1)).toBe('Started');
  });

  it('does not mind what tripped in another run', () => {
    const story = atTen();
    story.look(1, [voice(10, { run: 'zero', tripped: 'too slow' })]);
    expect(story.told).toBe('Progressing 10');
  });

  it('rolls back though it was forgotten where it stood', () => {
    const story = new Story();
    story.look(0, [voice(50, { tripped: 'too slow' })]);
    expect(story.told).toBe('RolledBack 0');
  });

  it('aborts, and begins with the first step when it is taken back', () => {
    const story = atTen();
    story.plan = { ...PLAN, aborted: true, paused: true };
    story.look();
    story.look(1e9);
    expect(story.told).toBe('Aborted 0');
    story.plan = PLAN;
    story.look();
    expect(story.told).toBe('Progressing 1');
    expect(story.reasons.slice(2)).toEqual(['Aborted', 'Resumed']);
  });

  it('does not go over its upper bound, nor complete below its last step', () => {
    const story = new Story();
    story.plan = { ...PLAN, percent: 7 };
    const pass = () => {
      story.look();
      story.look(30_000);
    };
    pass();
    pass();
    pass();
    pass();
    expect(story.told).toBe('Progressing 7');
    expect(story.state?.message).toMatch(/upper bound of 7 %: raise spec\.rollout\.percent/);
    story.plan = PLAN;
    story.look();
    expect(story.told).toBe('Progressing 10');
    expect(story.look(19_999).afterMs).toBeGreaterThan(0);
  });

  it('falls at once with a lowered bound, also when it is completed', () => {
    const story = atTen();
    story.plan = { ...PLAN, percent: 5 };
    story.look();
    expect(story.told).toBe('Progressing 5');
    story.state = { phase: 'Completed', percent: 100, step: 2, run: 'one' };
    story.look();
    expect(story.told).toBe('Completed 5');
    expect(story.state.message).toBe('5 % on the sets, all steps done');
  });

  it('rises by one step at a time alone, and is at 0 whenever it is rolled back or aborted', () => {
    const step = fc.record({
      pauseMs: fc.nat(40_000),
      paused: fc.boolean(),
      aborted: fc.integer({ max: 9, min: 0 }).map((number) => number === 0),
      bound: fc.constantFrom(5, 10, 100, 100),
      voice: fc.constantFrom('obeys', 'obeys', 'obeys', 'obeys', 'late', 'mute', 'tripped'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const story = new Story();
        for (const { pauseMs, paused, aborted, bound, voice: said } of steps) {
          const before = story.state;
          story.plan = { ...PLAN, paused, aborted, percent: bound };
          const percent = before?.percent ?? 0;
          const voices: Record<string, GatewayVoice[] | undefined> = {
            late: [voice(percent + 1)],
            mute: [{ gateway: 'gw-0' }],
            tripped: [voice(percent, { tripped: 'too slow' })],
          };
          const { state } = story.look(pauseMs, voices[said]);
          expect(state.percent).toBeLessThanOrEqual(bound);
          if (state.phase === 'RolledBack' || state.phase === 'Aborted') expect(state.percent).toBe(0);
          if (before?.phase === 'RolledBack') expect(state).toBe(before);
          if (said === 'tripped' && before && before.phase !== 'Aborted' && !aborted) {
            expect(state.phase).toBe('RolledBack');
          }
          if (before && state.step > before.step) {
            expect([state.step, said]).toEqual([before.step + 1, 'obeys']);
            const hold = PLAN.steps[before.step]?.holdMs ?? 0;
            expect(story.nowMs - (before.stepStartMs ?? story.nowMs)).toBeGreaterThanOrEqual(hold);
          }
        }
      }),
    );
  });
});
