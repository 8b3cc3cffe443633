/** What the registry does with a command of a client that is logged in. */
import { CommandError, checkCommand, nameOf } from '../epp/catalogue.ts';
import type { EppCommand } from '../epp/command.ts';
import * as contacts from './contacts.ts';
import * as queries from './domain/queries.ts';
import * as transforms from './domain/transforms.ts';
import * as hosts from './hosts.ts';
import { maintenanceInfo } from './maintenance.ts';
import { poll } from './messages.ts';
import { balanceInfo, financeInfo } from './money.ts';
import { type Caller, type Handler, Refusal, type Registry, type Request } from './registry.ts';
import type { Reply } from './replies.ts';
import type { TransactionIds } from './store.ts';
import { tellExtensions } from './tell.ts';
import { transferContact, transferDomain } from './transfers.ts';
import { namestore } from './verisign.ts';

/** Whose command it is, and what came with it. */
export interface Asked extends Caller {
  /** Namespaces of its extensions. */
  spoken: readonly string[];
  ids: TransactionIds;
}

/** Never throws: what a client did wrong has a result code. */
export function execute(command: EppCommand, asked: Asked, registry: Registry): Reply {
  const handler = HANDLERS[nameOf(command)];
  if (!handler) return { code: 2101 };
  catchUp(registry);
  try {
    const { body, extensions = {} } = checkCommand(command);
    const request: Request = { registry, body, extensions, ...asked };
    return extensions.namestoreExt === undefined ? handler(request) : withNamestore(request, handler);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    if (error instanceof CommandError) return { code: 2005, reason: error.message };
    throw error;
  }
}

/** What was due since the last command. */
export function catchUp({ agenda, now }: Registry): void {
  if (agenda.nextMs !== Number.POSITIVE_INFINITY) agenda.run(now().getTime());
}

function withNamestore(request: Request, handler: Handler): Reply {
  const told = namestore(request);
  const reply = handler(request);
  const { extension = '' } = tellExtensions(request, told);
  return { ...reply, extension: (reply.extension ?? '') + extension };
}

const HANDLERS: Readonly<Record<string, Handler>> = {
  poll,
  'domain:check': queries.check,
  'domain:info': queries.info,
  'domain:create': transforms.create,
  'domain:update': transforms.update,
  'domain:renew': transforms.renew,
  'domain:delete': transforms.remove,
  'domain:transfer': transferDomain,
  'host:check': hosts.check,
  'host:info': hosts.info,
  'host:create': hosts.create,
  'host:update': hosts.update,
  'host:delete': hosts.remove,
  'contact:check': contacts.check,
  'contact:info': contacts.info,
  'contact:create': contacts.create,
  'contact:update': contacts.update,
  'contact:delete': contacts.remove,
  'contact:transfer': transferContact,
  'maintenance:info': maintenanceInfo,
  'balance:info': balanceInfo,
  'finance:info': financeInfo,
};
