/** Times to live of a domain's and a host's records: ttl-1.0 (RFC 9803). */
import { z } from 'zod';
import { attribute, many, own, record, removableInteger } from '../mapping.ts';
import type { CommandExtension, ExtensionDefinition } from './definition.ts';

export const TTL_URI = 'urn:ietf:params:xml:ns:epp:ttl-1.0';

const ttlSchema = () =>
  z
    .strictObject({
      for: z.enum(['NS', 'DS', 'DNAME', 'A', 'AAAA', 'custom']).describe('Type of the records.'),
      custom: z
        .string()
        .regex(/^(?:A|[A-Z][A-Z0-9-]*[A-Z0-9])$/, 'must be a record type such as "DELEG"')
        .max(64)
        .optional(),
      value: z
        .int()
        .min(0)
        .max(2_147_483_647)
        .nullable()
        .describe("Seconds; null for the registry's own value."),
    })
    .refine((ttl) => (ttl.for === 'custom') === (ttl.custom !== undefined), {
      path: ['custom'],
      message: 'belongs to for "custom", and is required there',
    });

const schema = z.strictObject({
  ttls: z
    .array(ttlSchema())
    .min(1)
    .max(6)
    .refine((ttls) => new Set(ttls.map((ttl) => ttl.for)).size === ttls.length, 'must have each `for` once'),
});

const commandContent = record(
  many('ttl', 'ttls', record(attribute('for'), attribute('custom'), own('value', removableInteger))),
);
const responseContent = record(
  many(
    'ttl',
    'ttls',
    record(
      attribute('for'),
      attribute('custom'),
      attribute('min', 'integer'),
      attribute('default', 'integer'),
      attribute('max', 'integer'),
      own('value', removableInteger),
    ),
  ),
);

const info: CommandExtension = {
  element: 'info',
  schema: z.strictObject({
    policy: z.boolean().optional().describe('Also tell which values the registry allows.'),
  }),
  content: record(attribute('policy', 'boolean')),
};
const create: CommandExtension = { element: 'create', schema, content: commandContent };
const update: CommandExtension = { element: 'update', schema, content: commandContent };

export const ttl: ExtensionDefinition = {
  name: 'ttl',
  prefix: 'ttl',
  uris: [TTL_URI],
  commands: {
    'domain:info': info,
    'domain:create': create,
    'domain:update': update,
    'host:info': info,
    'host:create': create,
    'host:update': update,
  },
  responses: { infData: responseContent },
};
