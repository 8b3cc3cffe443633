import type * as general from '../status/judgement.ts';

export type RefusalReason =
  | 'ApplyFailed'
  | 'CredentialsMissing'
  | 'InvalidSpec'
  | 'MinimumsExceedLimit'
  | 'NameTaken'
  | 'RegistryDeleting'
  | 'RegistryInvalid'
  | 'RegistryNotFound';

/** What the operator makes of a set before it looks at its pods. */
export type Judgement = general.Judgement<RefusalReason>;
export type Refusal = general.Refusal<RefusalReason>;
