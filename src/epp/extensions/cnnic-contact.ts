/**
 * CNNIC's cnnic-contact-1.0: who a registrant is in law, for the real-name check of .cn. CNNIC gives its schema to registrars
 * alone; elements and their order are those of Net::DRI (CN/Contact.pm and its tests) and of GoDaddy Registry's
 * jtoolkit2 (ContactCreateCNNICExtension), which agree.
 */
import { z } from 'zod';
import { clID, token } from '../fields.ts';
import { attribute, one, own, record } from '../mapping.ts';
import type { ExtensionDefinition } from './definition.ts';

const details = () =>
  z.strictObject({
    type: z.enum(['I', 'E']).optional().describe('I: a person; E: an organisation.'),
    contact: z
      .strictObject({
        type: z
          .string()
          .regex(/^[A-Z]{1,16}$/, 'must be a code in upper case, such as SFZ')
          .describe(
            'Kind of certificate: SFZ identity card, HZ passport, TYDM and YYZZ of a company, QT other, ….',
          ),
        value: token(1, 255).describe('Number of the certificate.'),
      })
      .optional(),
    purveyor: clID().optional().describe('The agent through whom the name was sold.'),
    mobile: z
      .string()
      .regex(/^\+\d{1,3}\.\d{1,14}$/, 'must be as in "+86.13800000000"')
      .max(17)
      .optional(),
  });

const notEmpty = (value: object) => Object.values(value).some((part) => part !== undefined);

const detailsContent = record(
  one('type'),
  one('contact', record(attribute('type'), own('value'))),
  one('purveyor'),
  one('mobile'),
);

export const cnnicContact: ExtensionDefinition = {
  name: 'cnnicContact',
  prefix: 'cnnic-contact',
  uris: ['urn:ietf:params:xml:ns:cnnic-contact-1.0'],
  commands: {
    'contact:create': {
      element: 'create',
      schema: details().refine(notEmpty, 'must not be empty'),
      content: detailsContent,
    },
    'contact:update': {
      element: 'update',
      schema: z
        .strictObject({
          add: details().refine(notEmpty, 'must not be empty').optional(),
          rem: details().refine(notEmpty, 'must not be empty').optional(),
          chg: details().refine(notEmpty, 'must not be empty').optional(),
        })
        .refine(notEmpty, 'needs at least one of add, rem and chg'),
      content: record(one('add', detailsContent), one('rem', detailsContent), one('chg', detailsContent)),
    },
  },
  responses: { infData: detailsContent },
};
