/** Verisign's coa-1.0: a registrar's own keys and values on a domain (Verisign, "Client Object Attribute Extension"). */
import { z } from 'zod';
import { listOf } from '../commands/definition.ts';
import { token } from '../fields.ts';
import { list, many, one, record } from '../mapping.ts';
import type { ExtensionDefinition } from './definition.ts';

const key = () => token(1, 50);
const attributes = () => listOf(z.strictObject({ key: key(), value: token(0, 1000) }));

const attr = record(one('key'), one('value'));
const attrs = record(many('attr', 'attrs', attr));

export const coa: ExtensionDefinition = {
  name: 'coa',
  prefix: 'coa',
  uris: ['urn:ietf:params:xml:ns:coa-1.0'],
  commands: {
    'domain:create': { element: 'create', schema: z.strictObject({ attrs: attributes() }), content: attrs },
    'domain:update': {
      element: 'update',
      schema: z
        .strictObject({
          rem: listOf(key()).optional().describe('Keys to take away.'),
          put: attributes().optional().describe('Keys to add, or to give another value.'),
        })
        .refine(({ rem, put }) => rem !== undefined || put !== undefined, 'needs rem or put'),
      content: record(list('rem', 'key'), list('put', 'attr', attr)),
    },
  },
  responses: { infData: attrs },
};
