/** Host commands (RFC 5732 section 3). */
import { z } from 'zod';
import { ipAddress, label, status } from '../fields.ts';
import { many, one, record } from '../mapping.ts';
import * as structures from '../structures.ts';
import { type CommandDefinition, listOf, objectCommand } from './definition.ts';

const HOST_STATUSES = [
  'clientDeleteProhibited',
  'clientUpdateProhibited',
  'linked',
  'ok',
  'pendingCreate',
  'pendingDelete',
  'pendingTransfer',
  'pendingUpdate',
  'serverDeleteProhibited',
  'serverUpdateProhibited',
] as const;

const addOrRemove = () =>
  z.strictObject({
    addrs: listOf(ipAddress()).optional(),
    statuses: z.array(status(HOST_STATUSES)).min(1).max(7).optional(),
  });

const schemas = {
  check: z.strictObject({ names: listOf(label()) }),
  info: z.strictObject({ name: label() }),
  create: z.strictObject({ name: label(), addrs: listOf(ipAddress()).optional() }),
  update: z.strictObject({
    name: label(),
    add: addOrRemove().optional(),
    rem: addOrRemove().optional(),
    chg: z.strictObject({ name: label() }).optional(),
  }),
  delete: z.strictObject({ name: label() }),
};

export type HostCheck = z.output<typeof schemas.check>;
export type HostInfo = z.output<typeof schemas.info>;
export type HostCreate = z.output<typeof schemas.create>;
export type HostUpdate = z.output<typeof schemas.update>;
export type HostDelete = z.output<typeof schemas.delete>;

const addOrRemoveContent = record(
  many('addr', 'addrs', structures.address),
  many('status', 'statuses', structures.status),
);

export const hostCommands: readonly CommandDefinition[] = [
  objectCommand('host', 'check', { schema: schemas.check, content: record(many('name', 'names')) }),
  objectCommand('host', 'info', { schema: schemas.info, content: record(one('name')) }),
  objectCommand('host', 'create', {
    transform: true,
    schema: schemas.create,
    content: record(one('name'), many('addr', 'addrs', structures.address)),
  }),
  objectCommand('host', 'update', {
    transform: true,
    schema: schemas.update,
    content: record(
      one('name'),
      one('add', addOrRemoveContent),
      one('rem', addOrRemoveContent),
      one('chg', record(one('name'))),
    ),
  }),
  objectCommand('host', 'delete', { transform: true, schema: schemas.delete, content: record(one('name')) }),
];
