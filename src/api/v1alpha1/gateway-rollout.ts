/** How a gateway moves traffic from an older system to the sets. */
import { z } from 'zod';
import { atomicList } from '../schema/collections.ts';
import { percent, tld, webUrl } from '../schema/names.ts';
import { rule } from '../schema/rule.ts';
import { duration } from './duration.ts';
import { factorName } from './factor-name.ts';
import { setPart } from './set-name-fields.ts';

const rolloutOverride = () =>
  rule(
    z.strictObject({
      business: setPart().optional().describe('Of requests of this business alone.'),
      tld: tld().optional().describe('Of requests for this TLD alone.'),
      percent: percent().describe('Share of these requests that the sets serve.'),
    }),
    {
      cel: 'has(self.business) || has(self.tld)',
      holds: ({ business, tld }) => business !== undefined || tld !== undefined,
      message: 'must name a business, a TLD or both',
    },
  );

/** Steps of a rollout that goes on by itself. */
const rolloutSteps = () =>
  rule(
    atomicList(
      z.strictObject({
        percent: z.int().min(1).max(100).describe('Share of the requests that the sets serve in this step.'),
        hold: duration({ atLeast: '1s', atMost: '168h' }).describe(
          'How long it must go well before the next.',
        ),
      }),
      { min: 1, max: 16 },
    ),
    {
      cel: 'self.all(a, self.exists_one(b, b.percent == a.percent)) && self.map(s, s.percent).isSorted()',
      holds: (steps) => steps.every(({ percent }, at) => at === 0 || percent > (steps[at - 1]?.percent ?? 0)),
      message: 'must rise from step to step',
    },
  );

const rolloutBounds = () =>
  z.strictObject({
    maxErrorPercent: z
      .number()
      .min(0)
      .max(100)
      .default(1)
      .describe(
        "The sets' share of failed requests may be this many percent points above the legacy path's.",
      ),
    maxP99Percent: z
      .int()
      .min(100)
      .max(10_000)
      .default(150)
      .describe("The sets' p99 may be this share of the legacy path's."),
    minRequests: z
      .int()
      .min(1)
      .max(100_000)
      .default(20)
      .describe('Judged from this many requests on each path within the window.'),
    window: duration({ atLeast: '1s', atMost: '10m' }).default('30s').describe('How far back is looked.'),
  });

export const rollout = () =>
  rule(
    z.strictObject({
      percent: percent()
        .default(100)
        .describe('Share of the requests that the sets serve; with steps: their upper bound.'),
      key: factorName()
        .optional()
        .describe(
          'The routing factor whose value decides, so that one customer always takes the same path; x-request-id by default.',
        ),
      legacy: z
        .strictObject({ url: webUrl().describe('Requests go there as they came.') })
        .optional()
        .describe('The old path, for the rest of the requests.'),
      shadow: z
        .strictObject({
          percent: percent().describe('Share of the reads served by the legacy path that is copied.'),
        })
        .optional()
        .describe('Copies reads to the sets and reports where the answers differ; callers notice nothing.'),
      overrides: atomicList(rolloutOverride(), { max: 64 })
        .optional()
        .describe('Other shares for some requests; the first that fits counts, before percent and steps.'),
      steps: rolloutSteps()
        .optional()
        .describe(
          'The share rises by itself while the sets keep the bounds, and falls to 0 when they do not.',
        ),
      bounds: rolloutBounds().prefault({}).describe('What the sets must keep to while steps are there.'),
      paused: z.boolean().default(false).describe('True: stays at the step where it is; bounds still count.'),
      aborted: z.boolean().default(false).describe('True: all requests take the legacy path at once.'),
      attempt: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(1)
        .describe('Raise it to begin again with the first step after the bounds were broken.'),
    }),
    {
      cel: 'self.percent == 100 && !has(self.steps) && !has(self.overrides) && !has(self.shadow) && !self.aborted || has(self.legacy)',
      holds: ({ percent, steps, overrides, shadow, aborted, legacy }) =>
        legacy !== undefined || (percent === 100 && !steps && !overrides && !shadow && !aborted),
      message:
        'is needed while percent ({percent}) is below 100, or with steps, overrides, shadow or aborted: the rest of the requests goes there',
      path: ['legacy'],
    },
  ).describe('Moves traffic from an older system to the sets, step by step.');

/** Where a rollout by steps is. */
export const rolloutStatus = () =>
  z.strictObject({
    phase: z
      .enum(['Progressing', 'Paused', 'Completed', 'RolledBack', 'Aborted'])
      .describe('RolledBack: the bounds were broken, everything takes the legacy path.'),
    percent: percent().describe('Share of the requests that the sets serve.'),
    step: z.int().min(0).max(16).describe('Of spec.rollout.steps, from 0.'),
    stepStartTime: z.string().max(64).optional(),
    run: z.string().max(64).describe('Names this run of the steps: another one begins with the first.'),
    message: z.string().max(1024).optional(),
  });
