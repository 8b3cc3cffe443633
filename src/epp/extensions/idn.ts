/** Internationalized names: idn-1.0 (draft-ietf-eppext-idnmap). */
import { z } from 'zod';
import { label, token } from '../fields.ts';
import { one, record } from '../mapping.ts';
import type { CommandExtension, ExtensionDefinition } from './definition.ts';

export const IDN_URI = 'urn:ietf:params:xml:ns:idn-1.0';

const content = record(one('table'), one('uname'));
const data: CommandExtension = {
  element: 'data',
  schema: z.strictObject({
    table: token(1, 255).describe('The registry\'s name of the IDN table, as "zh".'),
    uname: label().optional().describe('The name in Unicode (U-label).'),
  }),
  content,
};

export const idn: ExtensionDefinition = {
  name: 'idn',
  prefix: 'idn',
  uris: [IDN_URI],
  commands: { 'domain:check': data, 'domain:create': data },
  responses: { data: content },
};
