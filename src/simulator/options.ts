import { z } from 'zod';
import { clID, line, uri } from '../epp/fields.ts';
import { FEATURES } from '../epp/profiles/features.ts';
import { queuedMessage, serverChange } from './control-options.ts';
import { faultChange, faults } from './faults/options.ts';
import { maintenanceNotice, money, policySchema } from './policy.ts';
import { OBJECT_SERVICES } from './replies.ts';

/** What greetings offer where nobody says otherwise. */
const EXTENSION_SERVICES: readonly string[] = (
  [
    'secDNS-1.1',
    'rgp-1.0',
    'fee-1.0',
    'launch-1.0',
    'idn-1.0',
    'allocationToken-1.0',
    'changePoll-1.0',
    'loginSec-1.0',
    'namestoreExt-1.1',
    'fee-0.21',
    'fee-0.12',
    'fee-0.11',
    'fee-0.6',
    'unhandledNamespaces-1.0',
    'secureAuthInfo-1.0',
    'ttl-1.0',
    'addlEmail-1.0',
    'verificationCode-1.0',
    'sync-1.0',
    'whoisInf-1.0',
    'idnLang-1.0',
    'coa-1.0',
    'rgp-poll-1.0',
    'lowbalance-poll-1.0',
    'cdn-1.0',
    'cnnic-contact-1.0',
    'cnnic-domain-1.0',
    'cnnic-host-1.0',
    'charge-1.0',
  ] as const
).flatMap((feature) => FEATURES[feature]);

const port = () => z.int().min(0).max(65_535);
const ms = () => z.number().min(0).max(3_600_000);

const byCommand = () =>
  z.record(z.string().regex(/^[a-z]+(?::[a-z]+)?$/, 'must be as in "domain:check" or "login"'), ms());

/** Milliseconds between a command and its reply where the registry does no work: several commands in flight wait side by side. */
const latencyFields = {
  fixed: ms(),
  jitter: ms().describe('Up to so much more, evenly spread.'),
  commands: byCommand().describe('Instead of `fixed`, by command.'),
};
const latency = z.strictObject({
  fixed: latencyFields.fixed.default(0),
  jitter: latencyFields.jitter.default(0),
  commands: latencyFields.commands.default({}),
});
export type Latency = z.output<typeof latency>;

/** Milliseconds that the registry works on a command, besides the latency: one command of a session after another. */
const workFields = { fixed: ms(), commands: byCommand().describe('Instead of `fixed`, by command.') };
const work = z.strictObject({
  fixed: workFields.fixed.default(0),
  commands: workFields.commands.default({}),
});
export type WorkTimes = z.output<typeof work>;

/** What a registrar has at the registry; plenty where nothing is said. */
export const moneyFields = {
  balance: money().optional(),
  creditLimit: money().optional(),
  lowBalance: money().optional().describe('Below which of balance and credit together a poll message warns.'),
};

const account = z.strictObject({
  clientId: clID(),
  password: line(6, 128).describe('More than 16 characters: clients need the extension loginSec (RFC 8807).'),
  sessions: z.int().min(0).max(100_000).describe('Most sessions at once.'),
  ...moneyFields,
});

export const simulatorOptions = z.strictObject({
  epp: z.strictObject({ host: z.string().default('127.0.0.1'), port: port().default(700) }).prefault({}),
  http: z.strictObject({ host: z.string().default('127.0.0.1'), port: port().default(8700) }).prefault({}),
  accounts: z
    .array(account)
    .min(1)
    .refine(
      (all) => new Set(all.map(({ clientId }) => clientId)).size === all.length,
      'clientId must be unique',
    ),
  tlds: z
    .array(z.string().regex(/^[a-z0-9.-]+$/))
    .min(1)
    .describe('Zones that are served.'),
  idleTimeoutSeconds: z.number().positive().max(86_400).default(600),
  latencyMs: latency.prefault({}),
  workMs: work.prefault({}),
  faults: faults.prefault({}),
  objects: z
    .array(uri())
    .min(1)
    .default([...OBJECT_SERVICES])
    .describe('URIs of the objects that the greeting offers; a login with another is refused.'),
  extensions: z
    .array(uri())
    .default([...EXTENSION_SERVICES])
    .describe(
      'URIs of the extensions that the greeting offers; a login or a command with another is refused.',
    ),
  policy: policySchema.prefault({}),
  maxCheckNames: z.int().min(1).max(1000).default(50),
  maxFrameBytes: z
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .default(1024 * 1024),
  maxLoginFailures: z.int().min(1).default(3).describe('On one connection; the last is answered 2501.'),
  lockAfterFailures: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Failed logins in a row, on whatever connections, that lock the account until /control unlocks it.',
    ),
  journalEntries: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe('Transforms that the journal keeps.'),
  unclean: z
    .enum(['count-until-idle', 'free-at-once'])
    .default('count-until-idle')
    .describe('A session that ended without logout: how long it counts.'),
  tls: z
    .strictObject({
      names: z.tuple([z.string()], z.string()).default(['localhost', '127.0.0.1']),
      clientCa: z.string().optional().describe('PEM: a client certificate of this CA is required.'),
    })
    .prefault({}),
});

export type SimulatorOptions = z.output<typeof simulatorOptions>;
/** As a user gives it; what is left out has a default. */
export type SimulatorInput = z.input<typeof simulatorOptions>;

/** A change at run time: what is given is changed, the rest stays. */
export const control = z.strictObject({
  latencyMs: z.strictObject(latencyFields).partial().optional(),
  workMs: z.strictObject(workFields).partial().optional(),
  faults: faultChange.optional(),
  limits: z.record(z.string(), z.int().min(0)).optional().describe('Most sessions, by clientId.'),
  enqueue: z
    .strictObject({
      clientId: z.string(),
      messages: z.array(queuedMessage).min(1).max(1000),
    })
    .optional()
    .describe('Puts messages into the poll queue of an account.'),
  server: serverChange.optional(),
  money: z
    .strictObject({ clientId: z.string(), ...moneyFields })
    .optional()
    .describe('Gives an account another balance, credit limit or warning.'),
  maintenance: maintenanceNotice
    .optional()
    .describe('Adds or changes a notice, and tells all by poll message.'),
  advanceSeconds: z
    .number()
    .min(0)
    .max(315_360_000)
    .optional()
    .describe("Puts the registry's calendar forward: grace periods and pending transfers end."),
  unlock: z
    .strictObject({ clientId: z.string() })
    .optional()
    .describe('Takes logins of an account again that too many failures have locked.'),
  kill: z
    .strictObject({
      clientId: z.string(),
      count: z.int().min(1).default(1_000_000),
    })
    .optional()
    .describe('Cuts sessions of an account; a registry knows of these at once, they count no longer.'),
});
export type Control = z.output<typeof control>;
