/** Checks for the simple types of EPP's schemas (RFC 5730 section 4, RFC 5731 to 5733), used by the commands' zod schemas. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { isXmlText } from './xml-write.ts';

/** One line of text as it is: XML Schema's normalizedString. Lengths are in characters, as XML Schema counts, not in UTF-16 units. */
export function line(min: number, max: number) {
  return z
    .string()
    .refine(
      (value) => !/[\t\n\r]/.test(value) && isXmlText(value),
      'must be one line without control characters',
    )
    .refine(
      (value) => {
        const length = [...value].length;
        return length >= min && length <= max;
      },
      `must have ${min === max ? min : `${min} to ${max}`} characters`,
    )
    .meta({ minLength: min, maxLength: max }); // for JSON Schema, which counts characters too
}

/** XML Schema's token: one line, no spaces around it and no two in a row. */
export function token(min: number, max: number) {
  return line(min, max).refine(
    (value) => !/^ | $| {2}/.test(value),
    'must not begin or end with a space, nor hold two in a row',
  );
}

/** eppcom:labelType: a domain or host name, IDNs as A-labels. */
export const label = () => line(1, 255).refine((value) => !/\s/.test(value), 'must be a name without spaces');

/** eppcom:clIDType: the id of a registrar or a contact. */
export const clID = () => token(3, 16);

/** epp:trIDStringType. */
export const transactionId = () => token(3, 64);

/** epp:pwType of login and newPW. Longer ones need RFC 8807. */
export const loginPassword = () => token(6, 16);

/** Text of any length and of many lines. A carriage return is refused: XML's readers would turn it into another character. */
export const freeText = (max = 100_000) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !value.includes('\r') && isXmlText(value), 'must be text without control characters');

/** XML Schema's dateTime in UTC, as RFC 5730 section 5 asks for. */
export const dateTime = () =>
  z
    .string()
    .regex(/^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/, 'must be as in "2026-01-31T12:00:00Z"')
    .refine((value) => isRealTime(value), 'must be a date and time that exist');

function isRealTime(value: string): boolean {
  const milliseconds = Date.parse(value.replace(/(\.\d{3})\d+Z$/, '$1Z'));
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(value.slice(0, 19));
}

/** XML Schema's duration, not negative. */
export const duration = () =>
  z
    .string()
    .max(64)
    .regex(
      /^P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/,
      'must be a duration such as "P5D"',
    );

/** xs:base64Binary with at least one byte. Spaces and line breaks may stand in it. */
export const base64 = () =>
  z
    .string()
    .regex(/^[A-Za-z\d+/= \t\r\n]+$/, 'must be base64')
    .refine((value) => {
      const digits = value.replaceAll(/[ \t\r\n]/g, '');
      return digits !== '' && Buffer.from(digits, 'base64').toString('base64') === digits;
    }, 'must be base64, with its padding');

/** domain:periodType; years where no unit is given. */
export const period = () =>
  z.strictObject({ unit: z.enum(['y', 'm']).default('y'), value: z.int().min(1).max(99) });

export const language = () =>
  z.string().regex(/^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$/, 'must be a language tag such as "en"');

export const uri = () =>
  z
    .string()
    .max(1000)
    .regex(/^[A-Za-z][A-Za-z\d+.-]*:(?:[\w.~:/?#@!$&'()*+,;=-]|%[\dA-Fa-f]{2})+$/, 'must be a URI');

/** eppcom:roidType. */
export const roid = () =>
  z.string().regex(/^\w{1,80}-\w{1,8}$/, 'must be a repository object id such as "X-REP"');

export const ipAddress = () =>
  z
    .strictObject({ ip: z.enum(['v4', 'v6']).default('v4'), addr: z.string() })
    // isIP takes a zone too (fe80::1%eth0), which means something on one machine alone
    .refine(({ ip, addr }) => isIP(addr) === (ip === 'v4' ? 4 : 6) && !addr.includes('%'), {
      path: ['addr'],
      message: 'must be an address of the version that `ip` names (v4 by default)',
    });

/** eppcom:pwAuthInfoType; `roid` names the object whose authInfo it is, where that is a contact's. */
export const authInfo = () => z.strictObject({ pw: line(0, 255), roid: roid().optional() });

export const status = <const S extends readonly [string, ...string[]]>(values: S) =>
  z.strictObject({
    s: z.enum(values),
    lang: language().optional(),
    text: line(1, 255).optional().describe('Why, for humans.'),
  });

export const countryCode = () =>
  z
    .string()
    .regex(/^[A-Za-z]{2}$/, 'must be two letters')
    .describe('Country, ISO 3166-1.');

/** contact:e164Type (RFC 5733 section 2.5); an empty number takes one away. */
export const phoneNumber = () =>
  z.strictObject({
    number: z
      .string()
      .regex(/^(?:\+\d{1,3}\.\d{1,14})?$/, 'must be as in "+1.7035555555"')
      .max(17),
    x: token(0, 255).optional().describe('Extension.'),
  });
