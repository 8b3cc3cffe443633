/** What the registry does with a command of a client that is logged in. */
import { CommandError, checkCommand, nameOf } from '../epp/catalogue.ts';
import type { EppCommand } from '../epp/command.ts';
import * as domains from './domains.ts';
import { poll } from './messages.ts';
import * as plain from './plain-objects.ts';
import type { Handler, Registry } from './registry.ts';
import type { Reply } from './replies.ts';

/** Never throws: what a client did wrong has a result code. */
export function execute(command: EppCommand, clientId: string, registry: Registry): Reply {
  const handler = HANDLERS[nameOf(command)];
  if (!handler) return { code: 2101 };
  try {
    return handler({ registry, clientId, body: checkCommand(command).body });
  } catch (error) {
    if (error instanceof CommandError) return { code: 2005, reason: error.message };
    throw error;
  }
}

const HANDLERS: Record<string, Handler> = {
  poll,
  'domain:check': domains.check,
  'domain:info': domains.info,
  'domain:create': domains.create,
  'domain:update': domains.update,
  'domain:renew': domains.renew,
  'domain:delete': domains.remove,
  'host:check': plain.check('host'),
  'host:info': plain.info('host'),
  'host:create': plain.create('host'),
  'host:delete': plain.remove('host'),
  'contact:check': plain.check('contact'),
  'contact:info': plain.info('contact'),
  'contact:create': plain.create('contact'),
  'contact:delete': plain.remove('contact'),
};
