import { z } from 'zod';
import { clID, line, loginPassword } from '../epp/fields.ts';

const port = () => z.int().min(0).max(65_535);
const ms = () => z.number().min(0).max(3_600_000);

/** How long a command takes at the registry, in milliseconds. */
const latencyFields = {
  fixed: ms(),
  jitter: ms().describe('Up to so much more, evenly spread.'),
  commands: z
    .record(z.string().regex(/^[a-z]+(?::[a-z]+)?$/, 'must be as in "domain:check" or "login"'), ms())
    .describe('Instead of `fixed`, by command.'),
};
const latency = z.strictObject({
  fixed: latencyFields.fixed.default(0),
  jitter: latencyFields.jitter.default(0),
  commands: latencyFields.commands.default({}),
});
export type Latency = z.output<typeof latency>;

/** What goes wrong on purpose. */
const faultFields = {
  greeting: z.enum(['normal', 'mute', 'close']),
  login: z
    .enum(['normal', 'mute', 'close'])
    .describe('mute, close: the login is executed and its session counts, but never answered.'),
  overLimit: z
    .enum(['answer', 'close'])
    .describe('answer: 2502, then the end; close: the end without a word, as Nomulus does.'),
  lostReplies: z.number().min(0).max(1).describe('Share of commands that are executed and never answered.'),
};
const faults = z.strictObject({
  greeting: faultFields.greeting.default('normal'),
  login: faultFields.login.default('normal'),
  overLimit: faultFields.overLimit.default('answer'),
  lostReplies: faultFields.lostReplies.default(0),
});
export type Faults = z.output<typeof faults>;

const account = z.strictObject({
  clientId: clID(),
  password: loginPassword(),
  sessions: z.int().min(0).max(100_000).describe('Most sessions at once.'),
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
  faults: faults.prefault({}),
  maxCheckNames: z.int().min(1).max(1000).default(50),
  maxFrameBytes: z
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .default(1024 * 1024),
  maxLoginFailures: z.int().min(1).default(3).describe('On one connection; the last is answered 2501.'),
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
  faults: z.strictObject(faultFields).partial().optional(),
  limits: z.record(z.string(), z.int().min(0)).optional().describe('Most sessions, by clientId.'),
  enqueue: z
    .strictObject({
      clientId: z.string(),
      messages: z.array(line(1, 1000)).min(1).max(1000),
    })
    .optional()
    .describe('Puts messages into the poll queue of an account.'),
  kill: z
    .strictObject({
      clientId: z.string(),
      count: z.int().min(1).default(1_000_000),
    })
    .optional()
    .describe('Cuts sessions of an account; a registry knows of these at once, they count no longer.'),
});
export type Control = z.output<typeof control>;
