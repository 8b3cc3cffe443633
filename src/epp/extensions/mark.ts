/** Marks: trademarks and what has their rank, mark-1.0 (RFC 7848 section 2.2). */
import { z } from 'zod';
import { countryCode, dateTime, phoneNumber, token } from '../fields.ts';
import { attribute, type Field, integer, many, one, record } from '../mapping.ts';
import { phone } from '../structures-contact.ts';

export const MARK_URI = 'urn:ietf:params:xml:ns:mark-1.0';
/** For `one` and `many`. */
export const MARK = { uri: MARK_URI, prefix: 'mark' };

const words = () => token(1, 2000);
const list = <S extends z.ZodType>(item: S) => z.array(item).min(1).max(1000);

const addr = () =>
  z.strictObject({
    streets: z.array(words()).min(1).max(3),
    city: words(),
    sp: words().optional().describe('State or province.'),
    pc: token(1, 16).optional().describe('Postal code.'),
    cc: countryCode(),
  });

const holder = () =>
  z.strictObject({
    entitlement: z.enum(['owner', 'assignee', 'licensee']).optional(),
    name: words().optional(),
    org: words().optional(),
    addr: addr(),
    voice: phoneNumber().optional(),
    fax: phoneNumber().optional(),
    email: words().optional(),
  });

const contact = () =>
  z.strictObject({
    type: z.enum(['owner', 'agent', 'thirdparty']).optional(),
    name: words(),
    org: words().optional(),
    addr: addr(),
    voice: phoneNumber(),
    fax: phoneNumber().optional(),
    email: words(),
  });

const markId = () =>
  z
    .string()
    .regex(/^\d+-\d+$/, 'must be as in "00052013-2"')
    .max(255);

const dnsLabel = () =>
  z
    .string()
    .max(63)
    .regex(/^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/, 'must be a DNS label');

/** What every kind of mark begins with. */
const named = () => ({
  id: markId(),
  markName: words(),
  holders: list(holder()),
  contacts: list(contact()).optional(),
});
const labels = () => list(dnsLabel()).optional().describe('Names that the mark stands for.');
const goodsAndServices = () => token(1, 100_000);

export const mark = () =>
  z.strictObject({
    trademarks: list(
      z.strictObject({
        ...named(),
        jurisdiction: countryCode(),
        classes: list(z.int().min(0).max(999)).optional().describe('Nice classes.'),
        labels: labels(),
        goodsAndServices: goodsAndServices(),
        apId: words().optional(),
        apDate: dateTime().optional(),
        regNum: words(),
        regDate: dateTime(),
        exDate: dateTime().optional(),
      }),
    ).optional(),
    treatyOrStatutes: list(
      z.strictObject({
        ...named(),
        protections: list(
          z.strictObject({
            cc: countryCode(),
            region: words().optional(),
            rulings: list(countryCode()).optional(),
          }),
        ),
        labels: labels(),
        goodsAndServices: goodsAndServices(),
        refNum: words(),
        proDate: dateTime(),
        title: words(),
        execDate: dateTime(),
      }),
    ).optional(),
    courts: list(
      z.strictObject({
        ...named(),
        labels: labels(),
        goodsAndServices: goodsAndServices(),
        refNum: words(),
        proDate: dateTime(),
        cc: countryCode(),
        regions: list(words()).optional(),
        courtName: words(),
      }),
    ).optional(),
  });

const addrContent = record(many('street', 'streets'), one('city'), one('sp'), one('pc'), one('cc'));
const person: readonly Field[] = [
  one('name'),
  one('org'),
  one('addr', addrContent),
  one('voice', phone),
  one('fax', phone),
  one('email'),
];
const namedFields: readonly Field[] = [
  one('id'),
  one('markName'),
  many('holder', 'holders', record(attribute('entitlement'), ...person)),
  many('contact', 'contacts', record(attribute('type'), ...person)),
];
const label = many('label', 'labels');

export const markContent = record(
  many(
    'trademark',
    'trademarks',
    record(
      ...namedFields,
      one('jurisdiction'),
      many('class', 'classes', integer),
      label,
      ...['goodsAndServices', 'apId', 'apDate', 'regNum', 'regDate', 'exDate'].map((name) => one(name)),
    ),
  ),
  many(
    'treatyOrStatute',
    'treatyOrStatutes',
    record(
      ...namedFields,
      many('protection', 'protections', record(one('cc'), one('region'), many('ruling', 'rulings'))),
      label,
      ...['goodsAndServices', 'refNum', 'proDate', 'title', 'execDate'].map((name) => one(name)),
    ),
  ),
  many(
    'court',
    'courts',
    record(
      ...namedFields,
      label,
      ...['goodsAndServices', 'refNum', 'proDate', 'cc'].map((name) => one(name)),
      many('region', 'regions'),
      one('courtName'),
    ),
  ),
);
