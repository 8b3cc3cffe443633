/** What goes wrong on purpose: one schema for the simulator's file and for POST /control. */
import { z } from 'zod';
import { RESULT_MESSAGES, type ResultCode } from '../../epp/result-codes.ts';

const ms = () => z.number().min(0).max(3_600_000);
const share = () => z.number().min(0).max(1);
const count = () => z.int().min(1).max(1_000_000_000);

const RESULT_CODES = Object.keys(RESULT_MESSAGES).map(Number) as ResultCode[];

/** The connection's greeting is a command here too. */
export const GREETING = 'greeting';

const when = z.strictObject({
  command: z
    .string()
    .regex(/^[a-z]+(?::[a-z]+)?$/, 'must be as in "domain:create", "login" or "greeting"')
    .optional()
    .describe(
      'As "domain:create" or "login"; "greeting" is what a new connection gets. Absent: every command, no greeting.',
    ),
  clientId: z.string().optional().describe('Of the session; the login itself counts for whom it names.'),
  names: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Commands on one of these objects: names of domains and hosts, ids of contacts.'),
  nth: z
    .union([
      z.strictObject({ at: z.union([count(), z.array(count()).min(1)]) }),
      z.strictObject({ every: count() }),
      z.strictObject({ first: count() }),
    ])
    .optional()
    .describe(
      'Which of the commands that fit: the 3rd ({at: 3}), each 10th ({every: 10}), the first 2 ({first: 2}).',
    ),
  probability: share().optional().describe('Of those that are left; by the seed.'),
});

const cutAt = z
  .union([
    z.enum(['before-execution', 'before-reply']),
    z.strictObject({
      byte: z
        .int()
        .min(0)
        .max(64 * 1024 * 1024),
    }),
  ])
  .default('before-reply')
  .describe('{byte: n}: executed, and n bytes of the reply are written, its 4-byte header among them.');
const executed = () => z.boolean().default(true).describe('Whether the command is executed.');

/** In the order of this list a seed chooses. */
const kinds = [
  z.strictObject({ kind: z.literal('eof'), at: cutAt }).describe('The connection is closed.'),
  z.strictObject({ kind: z.literal('reset'), at: cutAt }).describe('The connection is reset (RST).'),
  z
    .strictObject({
      kind: z.literal('late'),
      ms: ms(),
      execution: z.enum(['at-once', 'after']).default('at-once'),
    })
    .describe('The reply comes so much later, and all that follow it on the session wait behind.'),
  z.strictObject({ kind: z.literal('mute'), executed: executed() }).describe('No reply, ever.'),
  z
    .strictObject({
      kind: z.literal('split'),
      sizes: z
        .array(z.int().min(1))
        .min(1)
        .optional()
        .describe('Of the pieces, in bytes, over and over; absent: random.'),
      pauseMs: ms().default(1).describe('Between two pieces.'),
    })
    .describe('The reply in pieces.'),
  z
    .strictObject({
      kind: z.literal('merge'),
      replies: z.int().min(2).max(10_000),
      withinMs: ms().default(1_000).describe('Then what there is goes out.'),
    })
    .describe('This reply and those after it are held back, and go out in one write.'),
  z
    .strictObject({
      kind: z.literal('result'),
      code: z.literal(RESULT_CODES, 'must be a result code of RFC 5730 section 3'),
      executed: executed().default(false),
      closes: z
        .boolean()
        .optional()
        .describe('Whether the connection is closed; absent: as RFC 5730 section 3 says.'),
    })
    .describe('This result, whatever the true one is.'),
  z
    .strictObject({
      kind: z.literal('wrongClTRID'),
      as: z.enum(['other', 'none', 'previous']).default('other'),
    })
    .describe('The reply with another clTRID, with none, or with that of the reply before.'),
  z
    .strictObject({
      kind: z.literal('unsolicited'),
      what: z.enum(['response', 'greeting']).default('response'),
      place: z.enum(['before', 'after']).default('before'),
      clTRID: z.enum(['other', 'none', 'previous']).default('other').describe('Of the response.'),
      afterMs: ms().default(0).describe('After the reply.'),
    })
    .describe('A frame that nobody asked for, besides the reply.'),
  z
    .strictObject({
      kind: z.literal('garbage'),
      as: z.union([
        z.enum(['control-characters', 'undeclared-prefix', 'truncated', 'http', 'oversize', 'empty']),
        z.strictObject({ body: z.string().max(1024 * 1024) }),
      ]),
      executed: executed(),
    })
    .describe(
      'Bytes that are no reply, or one with dirt in it: the first two are the true reply, and dirty.',
    ),
  z
    .strictObject({ kind: z.literal('slowRead'), ms: ms() })
    .describe('Nothing is read for so long; the reply comes as ever.'),
  z
    .strictObject({ kind: z.literal('limitCountedLate'), ms: ms() })
    .describe('When this session ends, it counts for so much longer.'),
  z
    .strictObject({ kind: z.literal('idleEarly'), ms: ms().min(1) })
    .describe('From now on the idle timeout of this session is so short.'),
] as const;

const action = z.discriminatedUnion('kind', kinds);
export type FaultAction = z.output<typeof action>;
export type FaultKind = FaultAction['kind'];
export const FAULT_KINDS = kinds.map((option) => option.shape.kind.value);

const rule = z.strictObject({ when: when.prefault({}), do: action });
export type FaultRule = z.output<typeof rule>;

const random = z.strictObject({
  seed: z.int().min(0),
  rate: share().describe('Of all commands, greetings included.'),
  kinds: z
    .array(z.enum(FAULT_KINDS))
    .min(1)
    .default([...FAULT_KINDS]),
  maxMs: ms().default(2_000).describe("Most of whatever takes time; give more than the clients' timeouts."),
});
export type RandomFaults = z.output<typeof random>;

export const faultFields = {
  greeting: z.enum(['normal', 'mute', 'close']),
  login: z
    .enum(['normal', 'mute', 'close'])
    .describe('mute, close: the login is executed and its session counts, but never answered.'),
  overLimit: z
    .enum(['answer', 'close'])
    .describe('answer: 2502, then the end; close: the end without a word, as Nomulus does.'),
  lostReplies: share().describe('Share of commands that are executed and never answered.'),
  seed: z.int().min(0).describe("Of the rules' probabilities and sizes."),
  rules: z
    .array(rule)
    .max(1_000)
    .describe('The first that fits is done. Given anew, they count from the beginning.'),
  random: random.nullable().describe('Everything at random; null: off. Where a rule fits, the rule is done.'),
};
export const faults = z.strictObject({
  greeting: faultFields.greeting.default('normal'),
  login: faultFields.login.default('normal'),
  overLimit: faultFields.overLimit.default('answer'),
  lostReplies: faultFields.lostReplies.default(0),
  seed: faultFields.seed.default(0),
  rules: faultFields.rules.default([]),
  random: faultFields.random.default(null),
});
export type Faults = z.output<typeof faults>;
export const faultChange = z.strictObject(faultFields).partial();
