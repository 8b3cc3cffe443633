import type { Reply } from './replies.ts';
import type { RegistryStore } from './store.ts';

/** What all commands work on. */
export interface Registry {
  store: RegistryStore;
  tlds: ReadonlySet<string>;
  maxCheckNames: number;
  now(): Date;
  newRoid(): string;
}

export interface Request {
  registry: Registry;
  clientId: string;
  /** As the command's schema has it. */
  body: Record<string, unknown>;
}

export type Handler = (request: Request) => Reply;
