/** Checks for the simple types of EPP's schemas (RFC 5730 section 4, RFC 5731 to 5733), used by the commands' zod schemas. */
import { z } from 'zod';
import { isXmlText } from './xml-write.ts';

/** One line of text as it is: XML Schema's normalizedString. */
export function line(min: number, max: number) {
  return z
    .string()
    .min(min)
    .max(max)
    .refine(
      (value) => !/[\t\n\r]/.test(value) && isXmlText(value),
      'must be one line without control characters',
    );
}

/** XML Schema's token: one line, no spaces around it and no two in a row. */
export function token(min: number, max: number) {
  return line(min, max).refine(
    (value) => !/^ | $| {2}/.test(value),
    'must not begin or end with a space, nor hold two in a row',
  );
}

/** eppcom:labelType: a domain or host name, IDNs as A-labels. */
export const label = () =>
  z
    .string()
    .min(1)
    .max(255)
    .refine((value) => !/\s/.test(value) && isXmlText(value), 'must be a name without spaces');

/** eppcom:clIDType: the id of a registrar or a contact. */
export const clID = () => token(3, 16);

/** epp:trIDStringType. */
export const transactionId = () => token(3, 64);

/** epp:pwType of login and newPW. Longer ones need RFC 8807. */
export const loginPassword = () => token(6, 16);

export const language = () =>
  z.string().regex(/^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$/, 'must be a language tag such as "en"');

export const uri = () =>
  z
    .string()
    .min(1)
    .max(1000)
    .refine((value) => !/\s/.test(value) && isXmlText(value), 'must be a URI');

/** eppcom:roidType. */
export const roid = () =>
  z.string().regex(/^\w{1,80}-\w{1,8}$/, 'must be a repository object id such as "X-REP"');

export const ipAddress = () => z.strictObject({ ip: z.enum(['v4', 'v6']).default('v4'), addr: token(3, 45) });

/** eppcom:pwAuthInfoType; `roid` names the object whose authInfo it is, where that is a contact's. */
export const authInfo = () => z.strictObject({ pw: line(0, 255), roid: roid().optional() });

export const status = <const S extends readonly [string, ...string[]]>(values: S) =>
  z.strictObject({
    s: z.enum(values),
    lang: language().optional(),
    text: line(1, 255).optional().describe('Why, for humans.'),
  });
