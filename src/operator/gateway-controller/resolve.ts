import { gatewayFile as fileSchema, type GatewayFileInput } from '../../api/files/gateway-file.ts';
import type { Parsed } from '../../api/parse.ts';
import { describeProblems, problemsOf } from '../../api/problems.ts';
import type { EppGateway } from '../../api/v1alpha1/gateway.ts';
import type { EppRegistry } from '../../api/v1alpha1/registry.ts';
import { AccountTable } from '../../routing/account-choice.ts';
import type { Accreditations } from '../specs/gateway/file.ts';
import type * as general from '../status/judgement.ts';

export type RefusalReason =
  | 'ApplyFailed'
  | 'InvalidSpec'
  | 'NameTaken'
  | 'RegistryInvalid'
  | 'RegistryNotFound'
  | 'SecretMissing';

/** What the operator makes of a gateway before it looks at its pods. */
export type Judgement = general.Judgement<RefusalReason>;
type Refusal = general.Refusal<RefusalReason>;

/** What a gateway refers to. */
export interface GatewayWorld {
  /** As the API has it: not checked. */
  registry(name: string): EppRegistry | undefined;
  parsedRegistry(raw: EppRegistry): Parsed<EppRegistry>;
}

/** The accreditation of each account of the routes. One that is being deleted still counts: its domains are asked for to the end. */
export function resolveRoutes(gateway: EppGateway, world: GatewayWorld): Accreditations | Refusal {
  const accreditations = new Map<string, string>();
  for (const [index, { registries }] of gateway.spec.routes.entries()) {
    for (const { name } of registries) {
      const raw = world.registry(name);
      if (raw === undefined) {
        return {
          reason: 'RegistryNotFound',
          message: `EppRegistry ${name}, which spec.routes[${index}] names, does not exist in namespace ${gateway.metadata.namespace}: create it or take it out of the route`,
        };
      }
      const parsed = world.parsedRegistry(raw);
      if (!parsed.ok) {
        const message = `EppRegistry ${name} is not valid: ${describeProblems(parsed.problems)}`;
        return { reason: 'RegistryInvalid', message };
      }
      accreditations.set(name, parsed.value.spec.accreditation);
    }
  }
  return accreditations;
}

/** Why a gateway could not read this file, in one sentence; undefined when it can. */
export function unreadable(file: GatewayFileInput): string | undefined {
  const read = fileSchema.safeParse(file);
  if (!read.success) {
    return describeProblems(read.error.issues.flatMap((issue) => problemsOf(issue, issue.path, file)));
  }
  try {
    new AccountTable(read.data.routes);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
