/** What a registry's contract says: grace periods, prices, launch phase, names that are kept back. */
import { z } from 'zod';
import { label, token } from '../epp/fields.ts';

const DAY = 86_400;
const seconds = (days: number) =>
  z
    .number()
    .min(0)
    .max(3650 * DAY)
    .default(days * DAY);
export const money = () => z.string().regex(/^\d{1,12}(?:\.\d{1,4})?$/, 'must be an amount such as "10.00"');

/** Seconds. The names are those of RFC 3915 where it has one. */
const periods = z.strictObject({
  addPeriod: seconds(5).describe(
    'After a create; a domain that is deleted in it is gone at once, and its fee comes back.',
  ),
  renewPeriod: seconds(5),
  transferPeriod: seconds(5),
  autoRenewPeriod: seconds(45).describe('After a renewal by the registry, on the day of expiry.'),
  redemptionPeriod: seconds(30).describe('After a delete; a domain can be restored in it.'),
  pendingRestore: seconds(7).describe(
    'In which the report of a restore must come; then it is redemptionPeriod again.',
  ),
  pendingDelete: seconds(5).describe('After redemptionPeriod; then the name is free.'),
  pendingTransfer: seconds(5).describe('After which a transfer is approved by the registry.'),
});
export type Periods = z.output<typeof periods>;

const name = () => label().refine((value) => value === value.toLowerCase(), 'must be in lower case');

const price = money().describe('For a year, where the command has a period.');
const prices = z.strictObject({
  create: price.default('5.00'),
  renew: price.default('5.00'),
  transfer: price.default('5.00'),
  restore: price.default('40.00'),
  update: price.default('0.00'),
  delete: price.default('0.00'),
});
export type Prices = z.output<typeof prices>;

const described = z.strictObject({
  name: token(1, 255),
  host: token(1, 255).optional(),
  impact: z.enum(['full', 'partial', 'none']),
});
/** A notice as RFC 9167 has it (section 3.2). */
export const maintenanceNotice = z.strictObject({
  id: token(1, 255),
  name: token(1, 255).optional(),
  systems: z.array(described).min(1).max(100),
  environment: z.enum(['production', 'ote', 'staging', 'dev']).default('production'),
  start: z.iso.datetime(),
  end: z.iso.datetime(),
  reason: z.enum(['planned', 'emergency']).default('planned'),
  detail: z.url().optional(),
  description: token(1, 2000).optional(),
  tlds: z.array(label()).min(1).optional(),
  intervention: z.strictObject({ connection: z.boolean(), implementation: z.boolean() }).optional(),
});
export type MaintenanceNotice = z.output<typeof maintenanceNotice>;

export const policySchema = z.strictObject({
  periods: periods.prefault({}),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('USD'),
  prices: prices.prefault({}),
  premium: z
    .record(name(), prices.partial().extend({ class: token(1, 64).default('premium') }))
    .default({})
    .describe('Names that cost more: a command must tell their fee (RFC 8748).'),
  reserved: z
    .record(name(), token(1, 1000))
    .default({})
    .describe('Names that are created with this allocation token alone (RFC 8495).'),
  restoreReport: z.boolean().default(true).describe('False: the request restores by itself.'),
  launch: z
    .strictObject({
      phase: z.enum(['open', 'claims', 'sunrise', 'landrush']).default('open'),
      claims: z
        .record(name(), token(1, 255))
        .default({})
        .describe('Names with trademark claims, and the key of their notice.'),
    })
    .prefault({}),
  idnTables: z.array(token(1, 255)).optional().describe('Absent: any table is taken.'),
  maxDnssecRecords: z.int().min(0).default(10),
  maintenances: z.array(maintenanceNotice).default([]),
});
export type Policy = z.output<typeof policySchema>;
export type PolicyInput = z.input<typeof policySchema>;
