/** Which pod a gateway asks, how long, how often, and whom it asks too much for. */
import { z } from 'zod';
import { mapOf } from '../schema/collections.ts';
import { percent } from '../schema/names.ts';
import { duration } from './duration.ts';
import { factorName } from './factor-name.ts';
import { BUSINESS_COMMANDS, businessKeys } from './gateway-businesses.ts';

export const balancing = () =>
  z.strictObject({
    policy: z
      .enum(['least_conn', 'round_robin', 'random', 'weight', 'hash'])
      .default('least_conn')
      .describe('How an adapter pod of the set is chosen.'),
    hashBy: factorName()
      .optional()
      .describe("For hash: the routing factor that decides; the domain's name by default."),
  });

export const ejection = () =>
  z.strictObject({
    consecutiveFailures: z.int().min(1).max(1_000).default(5).describe('Failures in a row that eject a pod.'),
    baseTime: duration({ atLeast: '1s', atMost: '1h' })
      .default('30s')
      .describe('For how long, times the ejections in a row.'),
    maxTime: duration({ atLeast: '1s', atMost: '24h' }).default('300s').describe('At most.'),
    maxPercent: percent().default(50).describe('At most this share of a set is ejected at once.'),
  });

export const timeouts = () =>
  z.strictObject({
    request: duration({ atLeast: '100ms', atMost: '11m' })
      .default('35s')
      .describe('For a whole request, unless its caller or its command has less.'),
    commands: mapOf(duration({ atLeast: '10ms', atMost: '11m' }), {
      max: BUSINESS_COMMANDS.length,
      key: BUSINESS_COMMANDS.join('|'),
      keyIs: 'a command such as domain:check',
    })
      .optional()
      .describe('By command, such as domain:check.'),
  });

export const retries = () =>
  z.strictObject({
    attempts: z
      .int()
      .min(0)
      .max(5)
      .default(2)
      .describe('Further attempts of what was not sent, and of reads.'),
    budgetPercent: percent().default(20).describe('At most this share of the requests are such attempts.'),
    hedgeReadsAfter: duration({ atLeast: '1ms', atMost: '1m' })
      .optional()
      .describe('A read without an answer by then is asked of a second pod too.'),
  });

const limit = () =>
  z.strictObject({
    requestsPerSecond: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('On average, by pod of the gateway.'),
    burst: z.int().min(1).max(1_000_000).optional().describe('At once; as requestsPerSecond by default.'),
    concurrent: z.int().min(1).max(100_000).optional().describe('In flight at once, by pod of the gateway.'),
  });

export const limits = () =>
  z.strictObject({
    perCaller: limit().optional().describe('For each caller: who it authenticates as, else x-epp-tenant.'),
    businesses: mapOf(limit(), { max: 16, ...businessKeys })
      .optional()
      .describe('By business.'),
  });
