/**
 * Verification codes: verificationCode-1.0 (draft-ietf-regext-verificationcode). A verification service has signed them; a
 * registry asks for them before a name may be used (.cn and Chinese gTLDs: real names).
 */
import { z } from 'zod';
import { base64 as base64Field, token } from '../fields.ts';
import { attribute, base64, list, many, one, own, record } from '../mapping.ts';
import { rawXml } from '../xml-write.ts';
import type { CommandExtension, ExtensionDefinition, WholeElement } from './definition.ts';
import { signedElement, signedXml } from './signed-xml.ts';

export const VERIFICATION_CODE_URI = 'urn:ietf:params:xml:ns:verificationCode-1.0';

const schema = z
  .strictObject({
    codes: z
      .array(z.strictObject({ encoding: z.literal('base64').optional(), value: base64Field() }))
      .min(1)
      .max(100)
      .optional()
      .describe('Signed codes, each as base64.'),
    signedCode: signedXml(VERIFICATION_CODE_URI, 'signedCode')
      .optional()
      .describe('The element signedCode as XML; it is sent byte for byte.'),
  })
  .refine(
    ({ codes, signedCode }) => (codes === undefined) !== (signedCode === undefined),
    'needs codes or signedCode, not both',
  );

const signedCode: WholeElement = {
  element: 'signedCode',
  when: (value) => (value as { signedCode?: string }).signedCode !== undefined,
  write: (value) => signedElement((value as { signedCode: string }).signedCode),
  read: (element) => ({ signedCode: rawXml(element) }),
};

/** With every transform command, on each kind of object. */
const transform: CommandExtension = {
  element: 'encodedSignedCode',
  schema,
  content: record(many('code', 'codes', record(attribute('encoding'), own('value', base64)))),
  instead: signedCode,
};

const info: CommandExtension = {
  element: 'info',
  schema: z.strictObject({
    profile: token(1, 255).optional().describe('Which set of rules to tell of; all where nothing is said.'),
  }),
  content: record(attribute('profile')),
};

export const verificationCode: ExtensionDefinition = {
  name: 'verificationCode',
  prefix: 'verificationCode',
  uris: [VERIFICATION_CODE_URI],
  commands: {
    'domain:info': info,
    'domain:create': transform,
    'domain:delete': transform,
    'domain:renew': transform,
    'domain:transfer': transform,
    'domain:update': transform,
    'host:info': info,
    'host:create': transform,
    'host:delete': transform,
    'host:update': transform,
    'contact:info': info,
    'contact:create': transform,
    'contact:delete': transform,
    'contact:transfer': transform,
    'contact:update': transform,
  },
  responses: {
    infData: record(
      one('status'),
      many(
        'profile',
        'profiles',
        record(
          attribute('name'),
          one('status'),
          list('missing', 'code', record(attribute('type'), attribute('due'), own('value'))),
          list('set', 'code', record(attribute('type'), attribute('date'), own('value'))),
        ),
      ),
    ),
  },
};
