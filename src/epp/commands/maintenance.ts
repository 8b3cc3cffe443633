/** Maintenance notices of the registry (RFC 9167 section 4.1.3): all of them, or one. Poll messages bring them, too. */
import { z } from 'zod';
import { token } from '../fields.ts';
import { one, presence, record } from '../mapping.ts';
import { type CommandDefinition, objectCommand } from './definition.ts';

const info = z
  .strictObject({
    list: z.literal(true).optional().describe('All notices, in short.'),
    id: token(1, 255).optional().describe('One notice, in full.'),
  })
  .refine(({ list, id }) => (list === undefined) !== (id === undefined), 'needs list or id, not both');

export type MaintenanceInfo = z.output<typeof info>;

export const maintenanceCommands: readonly CommandDefinition[] = [
  objectCommand('maintenance', 'info', { schema: info, content: record(one('list', presence), one('id')) }),
];
