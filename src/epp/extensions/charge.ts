/** Identity Digital's charge-1.0: prices and premium sets of domains (Identity Digital, "Charge Extension Mapping"). */
import { z } from 'zod';
import { listOf } from '../commands/definition.ts';
import { token } from '../fields.ts';
import { attribute, many, one, own, record } from '../mapping.ts';
import type { CommandExtension, ExtensionDefinition } from './definition.ts';

const COMMANDS = ['check', 'create', 'delete', 'info', 'renew', 'transfer', 'update', 'custom'] as const;

const name = () => token(1, 255).optional();

const decimal = () => z.string().regex(/^-?\d{1,18}(?:\.\d{1,18})?$/, 'must be an amount such as "10.00"');

const set = record(
  one('category', record(attribute('name'), own('value'))),
  one('type', record(attribute('name'), own('value'))),
  many('amount', 'amounts', record(attribute('command'), attribute('name'), own('value'))),
);
const sets = record(many('set', 'sets', set));

const agreement: CommandExtension = {
  element: 'agreement',
  schema: z.strictObject({
    sets: listOf(
      z.strictObject({
        category: z.strictObject({ value: token(1, 255), name: name() }).describe('As "premium".'),
        type: z.strictObject({ value: z.enum(['fee', 'price', 'credit', 'custom']), name: name() }),
        amounts: listOf(
          z.strictObject({
            command: z.enum(COMMANDS),
            name: name().describe('As "restore" of an update.'),
            value: decimal(),
          }),
        ),
      }),
    ).describe('Prices that the registrar agrees to, as an answer has told them.'),
  }),
  content: sets,
};

export const charge: ExtensionDefinition = {
  name: 'charge',
  prefix: 'charge',
  uris: ['http://www.unitedtld.com/epp/charge-1.0'],
  commands: {
    'domain:create': agreement,
    'domain:renew': agreement,
    'domain:transfer': agreement,
    'domain:update': agreement,
  },
  responses: {
    chkData: record(many('cd', 'cd', record(one('name'), many('set', 'sets', set)))),
    infData: sets,
    creData: sets,
    trnData: sets,
    renData: sets,
    upData: sets,
  },
};
