/** Names of actions, as remote procedure calls have them, in the place of object and command. Pure. */

interface ActionTarget {
  readonly object: string;
  readonly command: string;
}

const OBJECTS = { Domain: 'domain', Host: 'host', Contact: 'contact' } as const;

/** Verbs and the command that each stands for. */
const VERBS = {
  Check: 'check',
  Describe: 'info',
  Create: 'create',
  Modify: 'update',
  Delete: 'delete',
} as const;

/** Of domains alone, and spellings that are not verb and object. */
const MORE: Readonly<Record<string, ActionTarget>> = {
  RenewDomain: { object: 'domain', command: 'renew' },
  TransferDomain: { object: 'domain', command: 'transfer' },
  RestoreDomain: { object: 'domain', command: 'restore' },
  ModifyDomainInfo: { object: 'domain', command: 'update' },
  ModifyHostInfo: { object: 'host', command: 'update' },
  ModifyContactInfo: { object: 'contact', command: 'update' },
  TransferContact: { object: 'contact', command: 'transfer' },
};

/** Every action, as docs/gateway.md lists them. */
export const ACTIONS: Readonly<Record<string, ActionTarget>> = {
  ...Object.fromEntries(
    Object.entries(OBJECTS).flatMap(([noun, object]) =>
      Object.entries(VERBS).map(([verb, command]) => [`${verb}${noun}`, { object, command }]),
    ),
  ),
  ...MORE,
};

const BY_LOWER_CASE = new Map(Object.entries(ACTIONS).map(([name, target]) => [name.toLowerCase(), target]));

/** In any case; undefined where there is no such action. */
export function actionOf(name: string): ActionTarget | undefined {
  return BY_LOWER_CASE.get(name.toLowerCase());
}
