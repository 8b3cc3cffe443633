/** Verisign's NameStore: namestoreExt-1.1, which registry a command is for (Verisign, "Namestore Extension Mapping"). */
import { z } from 'zod';
import type { EppCommand } from '../command.ts';
import { token } from '../fields.ts';
import { attribute, one, own, record } from '../mapping.ts';
import type { CommandExtension, ExtensionDefinition } from './definition.ts';

const NAME = 'namestoreExt';

const part: CommandExtension = {
  element: 'namestoreExt',
  schema: z.strictObject({
    subProduct: token(1, 64).describe('As "dotCOM"; of most TLDs the upper-case TLD alone.'),
  }),
  content: record(one('subProduct')),
};

const COMMANDS = {
  domain: ['check', 'info', 'create', 'update', 'delete', 'renew', 'transfer'],
  host: ['check', 'info', 'create', 'update', 'delete'],
  contact: ['check', 'info', 'create', 'update', 'delete', 'transfer'],
};

export const namestoreExt: ExtensionDefinition = {
  name: NAME,
  prefix: NAME,
  uris: ['http://www.verisign-grs.com/epp/namestoreExt-1.1'],
  commands: Object.fromEntries(
    Object.entries(COMMANDS).flatMap(([object, names]) => names.map((name) => [`${object}:${name}`, part])),
  ),
  responses: {
    namestoreExt: record(one('subProduct')),
    // With results 2004 and 2306: the product does not exist, or is not this registrar's
    nsExtErrData: record(one('msg', record(attribute('code', 'integer'), attribute('lang'), own('text')))),
  },
};

/** Those that had a product before other TLDs came to Verisign (NSSubProduct in Verisign's SDK; Net::DRI, VeriSign/NameStore.pm). */
const WITH_DOT = new Set(['com', 'net', 'edu', 'gov', 'cc', 'tv', 'bz', 'jobs', 'name']);

/** The product of a TLD: `dotCOM`, but `SKY` and `XN--TCKWE`. A registrar's contract may say otherwise. */
export function subProductOf(tld: string): string {
  const lower = tld.toLowerCase();
  return WITH_DOT.has(lower) ? `dot${lower.toUpperCase()}` : lower.toUpperCase();
}

/**
 * The command with namestoreExt, where it has none and can have one.
 * @param tld which registry the command is for; of a contact or a foreign host whichever TLD of the account
 */
export function withSubProduct(command: EppCommand, tld: string): EppCommand {
  const { object, command: name, extensions } = command;
  const isOurs = object !== undefined && (object === 'domain' || object === 'host' || object === 'contact');
  if (!isOurs || extensions?.[NAME] !== undefined) return command;
  // the name of a restore is ours alone: it is an update on the wire
  if (!COMMANDS[object].includes(name) && name !== 'restore') return command;
  return { ...command, extensions: { ...extensions, [NAME]: { subProduct: subProductOf(tld) } } };
}
