/** Domain commands (RFC 5731 section 3). */
import { z } from 'zod';
import { authInfo, clID, ipAddress, label, period, status } from '../fields.ts';
import { attribute, beside, many, one, record, removableText } from '../mapping.ts';
import * as structures from '../structures.ts';
import { type CommandDefinition, listOf, objectCommand } from './definition.ts';
import { domainRestore } from './restore.ts';

const nameServers = () =>
  z
    .strictObject({
      hostObjs: listOf(label()).optional(),
      hostAttrs: listOf(
        z.strictObject({ hostName: label(), hostAddrs: listOf(ipAddress()).optional() }),
      ).optional(),
    })
    .refine(
      (ns) => (ns.hostObjs === undefined) !== (ns.hostAttrs === undefined),
      'needs hostObjs or hostAttrs, not both',
    );

const contact = () => z.strictObject({ type: z.enum(['admin', 'billing', 'tech']).optional(), id: clID() });

export const DOMAIN_STATUSES = [
  'clientDeleteProhibited',
  'clientHold',
  'clientRenewProhibited',
  'clientTransferProhibited',
  'clientUpdateProhibited',
  'inactive',
  'ok',
  'pendingCreate',
  'pendingDelete',
  'pendingRenew',
  'pendingTransfer',
  'pendingUpdate',
  'serverDeleteProhibited',
  'serverHold',
  'serverRenewProhibited',
  'serverTransferProhibited',
  'serverUpdateProhibited',
] as const;

const addOrRemove = () =>
  z.strictObject({
    ns: nameServers().optional(),
    contacts: listOf(contact()).optional(),
    statuses: z.array(status(DOMAIN_STATUSES)).min(1).max(11).optional(),
  });

const schemas = {
  check: z.strictObject({ names: listOf(label()) }),
  info: z.strictObject({
    name: label(),
    hosts: z.enum(['all', 'del', 'none', 'sub']).optional(),
    authInfo: authInfo().optional(),
  }),
  create: z.strictObject({
    name: label(),
    period: period().optional(),
    ns: nameServers().optional(),
    registrant: clID().optional(),
    contacts: listOf(contact()).optional(),
    authInfo: authInfo(),
  }),
  update: z.strictObject({
    name: label(),
    add: addOrRemove().optional(),
    rem: addOrRemove().optional(),
    chg: z
      .strictObject({
        registrant: clID().nullable().optional(),
        authInfo: authInfo().nullable().optional(),
      })
      .optional(),
  }),
  delete: z.strictObject({ name: label() }),
  renew: z.strictObject({
    name: label(),
    curExpDate: z.iso.date().refine((date) => date >= '1000', 'must be a date of this era'),
    period: period().optional(),
  }),
  transfer: z.strictObject({
    op: z.enum(['request', 'query', 'approve', 'reject', 'cancel']),
    name: label(),
    period: period().optional(),
    authInfo: authInfo().optional(),
  }),
};

export type DomainCheck = z.output<typeof schemas.check>;
export type DomainInfo = z.output<typeof schemas.info>;
export type DomainCreate = z.output<typeof schemas.create>;
export type DomainUpdate = z.output<typeof schemas.update>;
export type DomainDelete = z.output<typeof schemas.delete>;
export type DomainRenew = z.output<typeof schemas.renew>;
export type DomainTransfer = z.output<typeof schemas.transfer>;

const addOrRemoveContent = record(
  one('ns', structures.nameServers),
  many('contact', 'contacts', structures.contact),
  many('status', 'statuses', structures.status),
);

export const domainCommands: readonly CommandDefinition[] = [
  objectCommand('domain', 'check', { schema: schemas.check, content: record(many('name', 'names')) }),
  objectCommand('domain', 'info', {
    schema: schemas.info,
    content: record(beside('name', attribute('hosts')), one('authInfo', structures.authInfo)),
  }),
  objectCommand('domain', 'create', {
    transform: true,
    schema: schemas.create,
    content: record(
      one('name'),
      one('period', structures.period),
      one('ns', structures.nameServers),
      one('registrant'),
      many('contact', 'contacts', structures.contact),
      one('authInfo', structures.authInfo),
    ),
  }),
  objectCommand('domain', 'update', {
    transform: true,
    schema: schemas.update,
    content: record(
      one('name'),
      one('add', addOrRemoveContent),
      one('rem', addOrRemoveContent),
      one('chg', record(one('registrant', removableText), one('authInfo', structures.removableAuthInfo))),
    ),
  }),
  objectCommand('domain', 'delete', {
    transform: true,
    schema: schemas.delete,
    content: record(one('name')),
  }),
  objectCommand('domain', 'renew', {
    transform: true,
    schema: schemas.renew,
    content: record(one('name'), one('curExpDate'), one('period', structures.period)),
  }),
  objectCommand('domain', 'transfer', {
    transform: true,
    op: true,
    schema: schemas.transfer,
    content: record(one('name'), one('period', structures.period), one('authInfo', structures.authInfo)),
  }),
  domainRestore,
];
