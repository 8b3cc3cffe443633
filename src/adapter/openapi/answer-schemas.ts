/** What every answer has: of a registry, and of a problem. */
import { z } from 'zod';
import { RETRY_CLASSES } from '../../api/http/problem.ts';

const result = z.looseObject({
  code: z.int().min(1000).max(9999).describe('RFC 5730 section 3.'),
  message: z.string(),
  lang: z.string().optional(),
  values: z.array(z.string()).optional().describe('The elements of the command that were wrong, as XML.'),
  extValues: z.array(z.looseObject({ value: z.string(), reason: z.string() })).optional(),
});

const unhandled = z.looseObject({
  uri: z.string(),
  reason: z.string(),
  dataType: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  extensions: z.record(z.string(), z.unknown()).optional(),
  raw: z.string().optional(),
});

/** Of a response, whatever its code. */
const response = {
  results: z.array(result).min(1),
  clTRID: z.string().optional().describe('The transaction id that the adapter gave the command.'),
  svTRID: z.string().optional().describe("The registry's."),
  data: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("The response's `<resData>`, after the RFCs' own names."),
  dataType: z.string().optional().describe('What `data` is, as in `domain:infData`.'),
  rawData: z.array(z.string()).optional().describe('What else stands in `<resData>`, as XML.'),
  messageQueue: z
    .looseObject({
      count: z.int().min(0),
      id: z.string().describe('For poll with op `ack`.'),
      date: z.string().optional(),
      message: z.string().optional(),
    })
    .optional(),
  extensions: z
    .looseObject({ raw: z.array(z.string()).optional() })
    .optional()
    .describe('By name where they are known, else as XML under `raw`.'),
  unhandled: z.array(unhandled).optional().describe('RFC 9038.'),
  xml: z.string().optional().describe('The whole response as it came; of /{tld}/raw alone.'),
};

export const ANSWER = z.looseObject({
  outcome: z.literal('done'),
  ...response,
});

export const OUTCOMES = ['done', 'not-sent', 'unknown'] as const;

export const PROBLEM = z
  .looseObject({
    type: z
      .string()
      .meta({ format: 'uri-reference' })
      .describe('`/problems/<code>`, or `/problems/epp-<result code>`: GET it for a text.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    outcome: z
      .enum(OUTCOMES)
      .describe(
        'What is known of the command. `done`: the registry answered. `not-sent`: not a byte was written, nor will be. `unknown`: it may have been carried out.',
      ),
    retry: z
      .enum(RETRY_CLASSES)
      .describe(
        '`never`: mend the request first. `after`: again, when Retry-After has passed. `elsewhere`: again, at another pod or set. `reconcile`: ask with info before anything else. `account`: somebody must mend the registry account.',
      ),
    errors: z
      .array(
        z.looseObject({
          field: z
            .string()
            .describe("As `period.value` or `names[2]`; else a header's name or a part of the path."),
          message: z.string().describe('What to do.'),
          pointer: z
            .string()
            .meta({ format: 'uri-reference' })
            .optional()
            .describe('Of a field of a JSON body: a JSON Pointer (RFC 6901), as `#/period/value`.'),
        }),
      )
      .optional()
      .describe('Every field, header or part of the path that is wrong.'),
    resultCode: z
      .int()
      .optional()
      .describe('Of the registry, where it ended the session instead of answering.'),
    ...response,
    results: response.results.optional(),
  })
  .describe('RFC 9457, with what is known of the command. Of an error of the registry its whole response.');
