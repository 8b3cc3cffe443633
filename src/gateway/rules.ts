/** A policy, made ready for requests: what a path stands for is found out once. */
import type { GatewayPolicy } from '../api/files/gateway-file.ts';
import { durationMs } from '../api/v1alpha1/duration.ts';
import { BUSINESS_COMMANDS, type BusinessCommand } from '../api/v1alpha1/gateway-businesses.ts';
import { AccountTable, kindOf, type WeightedAccount } from '../routing/account-choice.ts';
import { hash32 } from '../routing/stable-hash.ts';
import { type Refused, refused, refusedField } from './problems.ts';
import type { RawKind } from './raw-command.ts';
import { type RequestPath, readPath } from './request-path.ts';

/** Everything about a request that its operation decides. */
export interface OperationRules {
  /** `domain:check`, `poll`; `raw` while its XML is not read. */
  readonly operation: string;
  readonly command: string;
  /** For metrics: `other` for what nobody has heard of. */
  readonly label: string;
  readonly business: string;
  /** The set that its requests come from. */
  readonly callerSet: string;
  readonly transform: boolean;
  readonly timeoutMs: number;
  readonly switchedOff: boolean;
}

export interface ChosenAccounts {
  readonly ok: true;
  /** Canonical. */
  readonly tld: string;
  /** To be asked one after the other; the first alone unless `inOrder`. */
  readonly accounts: readonly [WeightedAccount, ...WeightedAccount[]];
  readonly inOrder: boolean;
}

type CommandName = Pick<RequestPath, 'object' | 'command'>;

const QUERIES = new Set(['check', 'info']);
/** The id of a message means another one at the next account; what cannot be read is not tried again. */
const OF_ONE_ACCOUNT = new Set(['poll', 'raw']);
const OPERATIONS: ReadonlySet<string> = new Set([
  ...BUSINESS_COMMANDS,
  'raw',
  'maintenance:info',
  'balance:info',
  'finance:info',
]);
/** Paths come from callers: what is remembered of them is bounded. */
const MAX_REMEMBERED = 4_096;

export class Rules {
  readonly policy: GatewayPolicy;
  readonly #accounts: AccountTable;
  readonly #requestMs: number;
  readonly #default: string | undefined;
  readonly #businesses = new Map<string, string>();
  readonly #paths = new Map<string, RequestPath | Refused>();
  readonly #operations = new Map<string, OperationRules | Refused>();
  /** Of commands whose path says it all. */
  readonly #ofPaths = new WeakMap<object, OperationRules | Refused>();

  /** Throws where a route names a TLD that is none. */
  constructor(policy: GatewayPolicy) {
    this.policy = policy;
    this.#accounts = new AccountTable(policy.routes);
    this.#requestMs = durationMs(policy.timeouts.request) ?? 0;
    this.#default = policy.businesses.find((business) => business.default)?.name;
    for (const { name, commands } of policy.businesses) {
      for (const command of commands) this.#businesses.set(command, name);
    }
  }

  /** @param url as it came */
  path(url: string): RequestPath | Refused {
    const known = this.#paths.get(url);
    if (known) return known;
    const read = this.#readUrl(url);
    if (this.#paths.size >= MAX_REMEMBERED) this.#paths.clear();
    this.#paths.set(url, read);
    return read;
  }

  #readUrl(url: string): RequestPath | Refused {
    if (url.includes('?')) {
      const message = 'must be absent: everything that a command says stands in its body';
      return refusedField('invalid-request', 'query', message);
    }
    const { prefix, actions } = this.policy;
    const read = readPath(url, { prefix, actions });
    return 'code' in read ? refused(read.code, read.message) : read;
  }

  /** @param read of a raw command, once its XML is read */
  operation(path: CommandName, read?: RawKind): OperationRules | Refused {
    if (read) return this.#operation(path, read);
    let known = this.#ofPaths.get(path);
    if (!known) {
      known = this.#operation(path, undefined);
      this.#ofPaths.set(path, known);
    }
    return known;
  }

  #operation({ object, command }: CommandName, read: RawKind | undefined): OperationRules | Refused {
    const alone = command === 'poll' || command === 'raw';
    const operation = read?.operation ?? (object === 'domain' && alone ? command : `${object}:${command}`);
    const transform = read?.transform ?? !QUERIES.has(command);
    const key = transform ? operation : `${operation} `;
    const known = this.#operations.get(key);
    if (known) return known;
    const rules = this.#rulesOf(operation, read?.command ?? command, transform);
    if (this.#operations.size >= MAX_REMEMBERED) this.#operations.clear();
    this.#operations.set(key, rules);
    return rules;
  }

  #rulesOf(operation: string, command: string, transform: boolean): OperationRules | Refused {
    const { prefix, region, switches, timeouts } = this.policy;
    const business = this.#businesses.get(operation) ?? this.#default;
    if (business === undefined) {
      const there = [...this.#businesses.keys()].join(', ');
      const asked = JSON.stringify(operation.slice(0, 64));
      return refused('no-business', `no business of this gateway serves ${asked}; there are ${there}`);
    }
    const own = durationMs(timeouts.commands[operation as BusinessCommand] ?? '');
    return {
      operation,
      command,
      label: OPERATIONS.has(operation) ? operation : 'other',
      business,
      callerSet: `${prefix}.${business}.${region}`,
      transform,
      timeoutMs: Math.min(this.#requestMs, own ?? this.#requestMs),
      switchedOff: switches[business] === false,
    };
  }

  /**
   * @param asked.draw in [0, 1)
   * @param asked.idempotencyKey decides in the place of chance: the same request must go to the same account again
   */
  accounts(asked: {
    tld: string;
    command: string;
    accreditation: string | undefined;
    idempotencyKey: string | undefined;
    draw: number;
  }): ChosenAccounts | Refused {
    const { tld, command, accreditation, idempotencyKey } = asked;
    const draw = idempotencyKey === undefined ? asked.draw : hash32(idempotencyKey) / 2 ** 32;
    const choice = this.#accounts.choose({ tld, accreditation, kind: kindOf(command), draw });
    if (!choice.ok) {
      const field = choice.code === 'unknown-tld' ? 'tld' : 'x-epp-accreditation';
      return refusedField(choice.code, field, choice.message);
    }
    const inOrder = choice.by === 'order' && !OF_ONE_ACCOUNT.has(command);
    return { ok: true, tld: choice.tld, accounts: choice.accounts, inOrder };
  }
}
