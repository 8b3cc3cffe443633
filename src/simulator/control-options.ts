/** Poll messages and changes by the registry itself, as POST /control takes them. */
import { z } from 'zod';
import { EXTENSIONS, writeResponseExtension } from '../epp/extensions/catalogue.ts';
import { CHANGE_POLL_URI } from '../epp/extensions/change-poll.ts';
import { clID, label, line, token } from '../epp/fields.ts';
import { type DataMapping, dataTypes, writeData } from '../epp/responses/data.ts';
import type { MessageContent } from './store.ts';

const xml = () => z.string().max(1_000_000);

const typed = z
  .strictObject({
    text: line(1, 1000),
    dataType: z
      .string()
      .optional()
      .describe('As "domain:trnData"; `data` is its JSON, as our client reads it.'),
    data: z.record(z.string(), z.unknown()).optional(),
    extensions: z
      .array(z.strictObject({ name: token(1, 64), element: token(1, 64), value: z.unknown() }))
      .optional()
      .describe('As {"name": "changePoll", "element": "changeData", "value": …}.'),
    raw: z
      .strictObject({ resData: xml().optional(), extension: xml().optional() })
      .optional()
      .describe(
        'What stands inside these elements, put there as it is: it may be unknown to all, or no XML.',
      ),
  })
  .superRefine((message, context) => {
    for (const problem of problemsOf(message)) context.addIssue({ code: 'custom', ...problem });
  });
type Typed = z.output<typeof typed>;

/** A text, or a message with data. */
export const queuedMessage = z.union([line(1, 1000), typed]);

export function contentOf(message: z.output<typeof queuedMessage>): MessageContent {
  if (typeof message === 'string') return { text: message };
  const { text, dataType, data: value, extensions, raw } = message;
  const [mapping, name = ''] = (dataType ?? '').split(':');
  return {
    text,
    ...(value === undefined ? {} : { data: { mapping: mapping as DataMapping, name, value } }),
    ...(extensions === undefined ? {} : { extensions }),
    ...(raw === undefined ? {} : { raw }),
  };
}

/** What could not be written when it is asked for. */
function problemsOf({
  dataType,
  data,
  extensions = [],
}: Typed): { path: (string | number)[]; message: string }[] {
  const problems: { path: (string | number)[]; message: string }[] = [];
  const attempt = (path: (string | number)[], write: () => void) => {
    try {
      write();
    } catch (error) {
      problems.push({ path, message: `cannot be written: ${String(error)}` });
    }
  };
  if ((dataType === undefined) !== (data === undefined)) {
    problems.push({ path: ['data'], message: 'belongs to dataType, and is required there' });
  } else if (dataType !== undefined && !dataTypes().includes(dataType)) {
    problems.push({ path: ['dataType'], message: `must be one of ${dataTypes().join(', ')}` });
  } else if (dataType !== undefined && data) {
    const [mapping, name = ''] = dataType.split(':');
    attempt(['data'], () => writeData(mapping as DataMapping, name, data));
  }
  for (const [index, { name, element, value }] of extensions.entries()) {
    const known = EXTENSIONS.find((one) => one.name === name);
    if (!known || !Object.hasOwn(known.responses, element)) {
      problems.push({
        path: ['extensions', index],
        message: `no extension ${name} has ${element} in answers`,
      });
    } else attempt(['extensions', index, 'value'], () => writeResponseExtension(name, element, value));
  }
  return problems;
}

const settable = () =>
  z
    .string()
    .regex(
      /^(?:client|server)(?:Hold|(?:Delete|Renew|Transfer|Update)Prohibited)$/,
      'must be a status such as serverHold',
    );

const byRegistry = {
  add: z.array(z.strictObject({ s: settable(), text: line(1, 255).optional() })).default([]),
  rem: z.array(z.strictObject({ s: settable() })).default([]),
  who: line(1, 255).default('the registry'),
  reason: line(1, 1000).optional(),
};

/** The registry changes statuses of an object, and tells its registrar (RFC 8590). */
export const serverChange = z
  .union([
    z.strictObject({ object: z.enum(['domain', 'host']), name: label(), ...byRegistry }),
    z.strictObject({ object: z.literal('contact'), id: clID(), ...byRegistry }),
  ])
  .describe(`Sets or lifts statuses such as serverHold; the message carries ${CHANGE_POLL_URI}.`);
export type ServerChange = z.output<typeof serverChange>;
