/** Contact commands (RFC 5733 section 3). */
import { z } from 'zod';
import { authInfo, clID, countryCode, line, phoneNumber, status, token } from '../fields.ts';
import { many, one, record } from '../mapping.ts';
import * as structures from '../structures.ts';
import { disclose, phone, postalInfo } from '../structures-contact.ts';
import { type CommandDefinition, listOf, objectCommand } from './definition.ts';

const CONTACT_STATUSES = [
  'clientDeleteProhibited',
  'clientTransferProhibited',
  'clientUpdateProhibited',
  'linked',
  'ok',
  'pendingCreate',
  'pendingDelete',
  'pendingTransfer',
  'pendingUpdate',
  'serverDeleteProhibited',
  'serverTransferProhibited',
  'serverUpdateProhibited',
] as const;

const addressSchema = () =>
  z.strictObject({
    streets: z.array(line(0, 255)).min(1).max(3).optional(),
    city: line(1, 255),
    sp: line(0, 255).optional().describe('State or province.'),
    pc: token(0, 16).optional().describe('Postal code.'),
    cc: countryCode(),
  });

const postalInfoSchema = () =>
  z.strictObject({
    type: z.enum(['int', 'loc']),
    name: line(1, 255),
    org: line(0, 255).optional(),
    addr: addressSchema(),
  });

const forms = () =>
  z
    .array(z.enum(['int', 'loc']))
    .min(1)
    .max(2)
    .optional();
const discloseSchema = () =>
  z.strictObject({
    flag: z.boolean(),
    names: forms(),
    orgs: forms(),
    addrs: forms(),
    voice: z.literal(true).optional(),
    fax: z.literal(true).optional(),
    email: z.literal(true).optional(),
  });

const changes = () => z.strictObject({ statuses: z.array(status(CONTACT_STATUSES)).min(1).max(7) });

const schemas = {
  check: z.strictObject({ ids: listOf(clID()) }),
  info: z.strictObject({ id: clID(), authInfo: authInfo().optional() }),
  create: z.strictObject({
    id: clID(),
    postalInfos: z.array(postalInfoSchema()).min(1).max(2),
    voice: phoneNumber().optional(),
    fax: phoneNumber().optional(),
    email: token(1, 255),
    authInfo: authInfo(),
    disclose: discloseSchema().optional(),
  }),
  update: z.strictObject({
    id: clID(),
    add: changes().optional(),
    rem: changes().optional(),
    chg: z
      .strictObject({
        postalInfos: z
          .array(postalInfoSchema().partial({ name: true, addr: true }))
          .min(1)
          .max(2)
          .optional(),
        voice: phoneNumber().optional(),
        fax: phoneNumber().optional(),
        email: token(1, 255).optional(),
        authInfo: authInfo().optional(),
        disclose: discloseSchema().optional(),
      })
      .optional(),
  }),
  delete: z.strictObject({ id: clID() }),
  transfer: z.strictObject({
    op: z.enum(['request', 'query', 'approve', 'reject', 'cancel']),
    id: clID(),
    authInfo: authInfo().optional(),
  }),
};

export type ContactCheck = z.output<typeof schemas.check>;
export type ContactInfo = z.output<typeof schemas.info>;
export type ContactCreate = z.output<typeof schemas.create>;
export type ContactUpdate = z.output<typeof schemas.update>;
export type ContactDelete = z.output<typeof schemas.delete>;
export type ContactTransfer = z.output<typeof schemas.transfer>;

const changesContent = record(many('status', 'statuses', structures.status));
const identified = record(one('id'), one('authInfo', structures.authInfo));

export const contactCommands: readonly CommandDefinition[] = [
  objectCommand('contact', 'check', { schema: schemas.check, content: record(many('id', 'ids')) }),
  objectCommand('contact', 'info', { schema: schemas.info, content: identified }),
  objectCommand('contact', 'create', {
    transform: true,
    schema: schemas.create,
    content: record(
      one('id'),
      many('postalInfo', 'postalInfos', postalInfo),
      one('voice', phone),
      one('fax', phone),
      one('email'),
      one('authInfo', structures.authInfo),
      one('disclose', disclose),
    ),
  }),
  objectCommand('contact', 'update', {
    transform: true,
    schema: schemas.update,
    content: record(
      one('id'),
      one('add', changesContent),
      one('rem', changesContent),
      one(
        'chg',
        record(
          many('postalInfo', 'postalInfos', postalInfo),
          one('voice', phone),
          one('fax', phone),
          one('email'),
          one('authInfo', structures.authInfo),
          one('disclose', disclose),
        ),
      ),
    ),
  }),
  objectCommand('contact', 'delete', { transform: true, schema: schemas.delete, content: record(one('id')) }),
  objectCommand('contact', 'transfer', {
    transform: true,
    op: true,
    schema: schemas.transfer,
    content: identified,
  }),
];
