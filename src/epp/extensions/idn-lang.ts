/** Verisign's idnLang-1.0: the language of an IDN, which decides on its variants (Verisign, "IDN Language Tag"). */
import { z } from 'zod';
import { language } from '../fields.ts';
import { own, record } from '../mapping.ts';
import type { ExtensionDefinition } from './definition.ts';

const tag = record(own('tag'));

export const idnLang: ExtensionDefinition = {
  name: 'idnLang',
  prefix: 'idnLang',
  uris: ['http://www.verisign.com/epp/idnLang-1.0'],
  commands: {
    'domain:create': {
      element: 'tag',
      schema: z.strictObject({ tag: language().describe('As "ZHO", from the list of the registry.') }),
      content: tag,
    },
  },
  responses: { tag },
};
