/** A second address of a contact, which may be internationalized: addlEmail-1.0 (RFC 9873). */
import { z } from 'zod';
import { token } from '../fields.ts';
import { attribute, own, record, removableText, within } from '../mapping.ts';
import type { CommandExtension, ExtensionDefinition } from './definition.ts';

export const ADDL_EMAIL_URI = 'urn:ietf:params:xml:ns:epp:addlEmail-1.0';

const content = within('email', record(attribute('primary', 'boolean'), own('email', removableText)));

const addressed = (email: z.ZodType): CommandExtension => ({
  element: 'addlEmail',
  schema: z.strictObject({
    email,
    primary: z
      .boolean()
      .optional()
      .describe("True where this address goes before the contact's own. Default false."),
  }),
  content,
});

export const addlEmail: ExtensionDefinition = {
  name: 'addlEmail',
  prefix: 'addlEmail',
  uris: [ADDL_EMAIL_URI],
  commands: {
    'contact:create': addressed(token(1, 320)),
    'contact:update': addressed(token(1, 320).nullable().describe('null takes the address away.')),
  },
  responses: { addlEmail: content },
};
