/** Verisign's ConsoliDate: sync-1.0, move a domain's expiry to another day (Verisign, "Domain Expiration Date Synchronization"). */
import { z } from 'zod';
import { one, record } from '../mapping.ts';
import type { ExtensionDefinition } from './definition.ts';

/** A leap year, so that the 29th of February is a day. */
const LEAP_YEAR = '2000';

export const sync: ExtensionDefinition = {
  name: 'sync',
  prefix: 'sync',
  uris: ['http://www.verisign.com/epp/sync-1.0'],
  commands: {
    'domain:update': {
      element: 'update',
      schema: z.strictObject({
        expMonthDay: z
          .string()
          .regex(/^--\d\d-\d\d$/, 'must be a month and day as in "--05-31"')
          .refine((value) => isDay(value), 'must be a day that exists')
          .describe('XML Schema gMonthDay, as in "--05-31": the day on which the domain shall expire.'),
      }),
      content: record(one('expMonthDay')),
    },
  },
  responses: {},
};

function isDay(value: string): boolean {
  const date = `${LEAP_YEAR}${value.slice(1)}`;
  const time = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(date);
}
