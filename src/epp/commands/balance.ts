/** What is left in the registrar's account: Verisign's balance-1.0 and Identity Digital's finance-1.1. */
import { z } from 'zod';
import { record } from '../mapping.ts';
import { type CommandDefinition, objectCommand } from './definition.ts';

const nothing = { schema: z.strictObject({}), content: record() };

export const balanceCommands: readonly CommandDefinition[] = [
  objectCommand('balance', 'info', nothing),
  objectCommand('finance', 'info', nothing),
];
