/** Which command belongs to which business of a gateway. */
import { z } from 'zod';
import { SET_PART } from '../../routing/set-name.ts';
import { listMap, listSet } from '../schema/collections.ts';
import { rule } from '../schema/rule.ts';
import { setPart } from './set-name-fields.ts';

/** Commands that a business can take, `object:command` after RFC 5731 to 5733, restore after RFC 3915. A closed list: a slip of the pen would silently go to the default business. */
export const BUSINESS_COMMANDS = [
  'domain:check',
  'domain:info',
  'domain:create',
  'domain:update',
  'domain:delete',
  'domain:renew',
  'domain:transfer',
  'domain:restore',
  'host:check',
  'host:info',
  'host:create',
  'host:update',
  'host:delete',
  'contact:check',
  'contact:info',
  'contact:create',
  'contact:update',
  'contact:delete',
  'contact:transfer',
  'poll',
] as const;
export type BusinessCommand = (typeof BUSINESS_COMMANDS)[number];

const business = () =>
  rule(
    z.strictObject({
      name: setPart().describe('The middle part of the names of its sets.'),
      commands: listSet(z.enum(BUSINESS_COMMANDS), { max: BUSINESS_COMMANDS.length })
        .optional()
        .describe('Commands that this business serves.'),
      default: z.boolean().optional().describe('True: serves every command that no other business names.'),
    }),
    {
      cel: 'has(self.commands) && self.commands.size() > 0 || has(self.default) && self.default',
      holds: ({ commands = [], default: isDefault = false }) => commands.length > 0 || isDefault,
      message: 'must name commands or be the default business: it would never serve anything',
    },
  );

export const businesses = () =>
  rule(
    listMap(business(), ['name'], { min: 1, max: 16 }),
    {
      cel: 'self.filter(b, has(b.default) && b.default).size() <= 1',
      holds: (all) => all.filter((one) => one.default).length <= 1,
      message: 'must have at most one default business: leave default: true on one',
    },
    {
      cel: 'self.all(a, !has(a.commands) || a.commands.all(c, self.exists_one(b, has(b.commands) && c in b.commands)))',
      holds: (all) => {
        const named = all.flatMap(({ commands = [] }) => [...new Set(commands)]);
        return new Set(named).size === named.length;
      },
      message: 'must name each command in one business alone: remove it from the others',
    },
  );

/** For maps by business. */
export const businessKeys = { key: SET_PART, keyIs: 'the name of a business' };
