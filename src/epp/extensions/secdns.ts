/** DNSSEC: secDNS-1.1 (RFC 5910). Delegation signers (`dsData`) or keys (`keyData`), whichever the registry takes. */
import { z } from 'zod';
import { base64 as base64Field } from '../fields.ts';
import { attribute, base64, boolean, type Content, integer, many, one, record } from '../mapping.ts';
import type { ExtensionDefinition } from './definition.ts';

export const SECDNS_URI = 'urn:ietf:params:xml:ns:secDNS-1.1';

const byte = () => z.int().min(0).max(255);
const short = () => z.int().min(0).max(65_535);

const keyData = () =>
  z.strictObject({
    flags: short().describe(
      '257 for a key-signing key, 256 for a zone-signing key (RFC 4034 section 2.1.1).',
    ),
    protocol: byte().describe('3 (RFC 4034 section 2.1.2).'),
    alg: byte().describe('DNSSEC algorithm number (IANA).'),
    pubKey: base64Field(),
  });

const dsData = () =>
  z.strictObject({
    keyTag: short(),
    alg: byte().describe('DNSSEC algorithm number (IANA).'),
    digestType: byte().describe('As 2 for SHA-256 (IANA).'),
    digest: z.string().regex(/^(?:[\da-fA-F]{2})+$/, 'must be pairs of hexadecimal digits'),
    keyData: keyData().optional().describe('The key itself, for registries that check the digest.'),
  });

const maxSigLife = () =>
  z.int().min(1).max(2_147_483_647).describe('Seconds that a signature of the parent shall live.');

const records = () => ({
  dsData: z.array(dsData()).min(1).max(1000).optional(),
  keyData: z.array(keyData()).min(1).max(1000).optional(),
});

const oneOf = (value: object, ...names: string[]) => names.filter((name) => name in value).length === 1;

const dsOrKey = () =>
  z
    .strictObject({ maxSigLife: maxSigLife().optional(), ...records() })
    .refine((value) => oneOf(value, 'dsData', 'keyData'), 'needs dsData or keyData, not both');

const schemas = {
  create: dsOrKey(),
  update: z
    .strictObject({
      urgent: z.boolean().optional().describe('Ask for the change at once; a registry may refuse it (2306).'),
      rem: z
        .strictObject({ all: z.literal(true).optional(), ...records() })
        .refine((value) => oneOf(value, 'all', 'dsData', 'keyData'), 'needs one of all, dsData and keyData')
        .optional(),
      add: dsOrKey().optional(),
      chg: z.strictObject({ maxSigLife: maxSigLife().optional() }).optional(),
    })
    .refine(({ rem, add, chg }) => Boolean(rem ?? add ?? chg), 'needs at least one of rem, add and chg'),
};

const keyContent = record(
  one('flags', integer),
  one('protocol', integer),
  one('alg', integer),
  one('pubKey', base64),
);
const dsContent = record(
  one('keyTag', integer),
  one('alg', integer),
  one('digestType', integer),
  one('digest'),
  one('keyData', keyContent),
);
const recordFields = [many('dsData', 'dsData', dsContent), many('keyData', 'keyData', keyContent)] as const;
const dsOrKeyContent: Content = record(one('maxSigLife', integer), ...recordFields);

export const secDns: ExtensionDefinition = {
  name: 'secDNS',
  prefix: 'secDNS',
  uris: [SECDNS_URI],
  commands: {
    'domain:create': { element: 'create', schema: schemas.create, content: dsOrKeyContent },
    'domain:update': {
      element: 'update',
      schema: schemas.update,
      content: record(
        attribute('urgent', 'boolean'),
        one('rem', record(one('all', boolean), ...recordFields)),
        one('add', dsOrKeyContent),
        one('chg', record(one('maxSigLife', integer))),
      ),
    },
  },
  responses: { infData: dsOrKeyContent },
};
