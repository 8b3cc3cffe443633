/** Launch phases, claims and sunrise: launch-1.0 (RFC 8334), with marks (RFC 7848). */
import { z } from 'zod';
import { dateTime, token } from '../fields.ts';
import { attribute, beside, many, one, own, record } from '../mapping.ts';
import type { ExtensionDefinition } from './definition.ts';
import { MARK, mark, markContent } from './mark.ts';
import { encodedSignedMark, encodedSignedMarks, signedMark, signedMarks } from './signed-mark.ts';

export const LAUNCH_URI = 'urn:ietf:params:xml:ns:launch-1.0';

const words = () => token(1, 255);

const phase = () =>
  z.strictObject({
    value: z.enum(['sunrise', 'landrush', 'claims', 'open', 'custom']),
    name: words().optional().describe("The registry's own name of a phase or sub-phase."),
  });

const issued = () =>
  z.strictObject({
    value: words(),
    validatorID: words().optional().describe('Who has issued it; "tmch" where nothing is said.'),
  });

const application = () => z.strictObject({ phase: phase(), applicationID: words() });

const create = z
  .strictObject({
    type: z.enum(['application', 'registration']).optional(),
    phase: phase(),
    codeMarks: z
      .array(
        z
          .strictObject({ code: issued().optional(), mark: mark().optional() })
          .refine((value) => Object.keys(value).length > 0, 'needs code or mark'),
      )
      .min(1)
      .max(100)
      .optional(),
    signedMarks: z.array(signedMark()).min(1).max(100).optional(),
    encodedSignedMarks: z.array(encodedSignedMark()).min(1).max(100).optional(),
    notices: z
      .array(
        z.strictObject({
          noticeID: issued(),
          notAfter: dateTime().describe('When the notice expires.'),
          acceptedDate: dateTime().describe('When the registrant accepted it.'),
        }),
      )
      .min(1)
      .max(100)
      .optional()
      .describe('Trademark claims notices that the registrant has accepted.'),
  })
  .refine(
    ({ codeMarks, signedMarks, encodedSignedMarks }) =>
      [codeMarks, signedMarks, encodedSignedMarks].filter((marks) => marks !== undefined).length <= 1,
    'takes one of codeMarks, signedMarks and encodedSignedMarks',
  );

const phaseContent = record(attribute('name'), own('value'));
const issuedContent = record(attribute('validatorID'), own('value'));
const applicationContent = record(one('phase', phaseContent), one('applicationID'));

const createContent = record(
  attribute('type'),
  one('phase', phaseContent),
  many('codeMark', 'codeMarks', record(one('code', issuedContent), one('mark', markContent, MARK))),
  signedMarks,
  encodedSignedMarks,
  many('notice', 'notices', record(one('noticeID', issuedContent), one('notAfter'), one('acceptedDate'))),
);

const statusContent = record(attribute('s'), attribute('name'), attribute('lang'), own('text'));

export const launch: ExtensionDefinition = {
  name: 'launch',
  prefix: 'launch',
  uris: [LAUNCH_URI],
  commands: {
    'domain:check': {
      element: 'check',
      schema: z.strictObject({
        type: z
          .enum(['claims', 'avail', 'trademark'])
          .optional()
          .describe('claims where nothing is said: the answer tells of claims, not of availability.'),
        phase: phase().optional(),
      }),
      content: record(attribute('type'), one('phase', phaseContent)),
    },
    'domain:info': {
      element: 'info',
      schema: z.strictObject({
        includeMark: z.boolean().optional(),
        phase: phase(),
        applicationID: words().optional(),
      }),
      content: record(attribute('includeMark', 'boolean'), one('phase', phaseContent), one('applicationID')),
    },
    'domain:create': { element: 'create', schema: create, content: createContent },
    'domain:update': { element: 'update', schema: application(), content: applicationContent },
    'domain:delete': { element: 'delete', schema: application(), content: applicationContent },
  },
  responses: {
    chkData: record(
      one('phase', phaseContent),
      many(
        'cd',
        'cd',
        record(beside('name', attribute('exists', 'boolean')), many('claimKey', 'claimKeys', issuedContent)),
      ),
    ),
    creData: applicationContent,
    infData: record(
      one('phase', phaseContent),
      one('applicationID'),
      one('status', statusContent),
      many('mark', 'marks', markContent, MARK),
    ),
  },
};
