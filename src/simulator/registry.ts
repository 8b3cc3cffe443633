import type { EppExtensions } from '../epp/command.ts';
import type { ResultCode } from '../epp/result-codes.ts';
import type { Agenda } from './agenda.ts';
import type { Policy } from './policy.ts';
import type { Reply } from './replies.ts';
import type { RegistryStore, TransactionIds } from './store.ts';

/** What all commands work on. */
export interface Registry {
  store: RegistryStore;
  tlds: ReadonlySet<string>;
  policy: Policy;
  agenda: Agenda;
  maxCheckNames: number;
  startedAt: Date;
  now(): Date;
  newRoid(): string;
}

/** Who asks. */
export interface Caller {
  clientId: string;
  /** URIs of objects and extensions that its login has asked for. */
  services: ReadonlySet<string>;
}

export interface Request extends Caller {
  registry: Registry;
  /** As the command's schema has it. */
  body: Record<string, unknown>;
  extensions: EppExtensions;
  /** Namespaces of the command's extensions: which version of one its client has used. */
  spoken: readonly string[];
  ids: TransactionIds;
}

export type Handler = (request: Request) => Reply;

/** Why a command is not carried out. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reply: Reply;

  constructor(code: ResultCode, reason?: string, more: Partial<Reply> = {}) {
    super(reason ?? String(code));
    this.reply = { code, ...(reason === undefined ? {} : { reason }), ...more };
  }
}
