/** What commands cost (RFC 8748 and the drafts before it, in the version that the client has). */
import type {
  FeeCheck,
  FeeCheckedCommand,
  FeeObject,
  FeeOfCommand,
  FeeTransform,
  FeeTransformResult,
} from '../epp/extensions/fee-versions.ts';
import { debit, decimalOf, moneyOf, setBalance, unitsOf } from './money.ts';
import type { Policy, Prices } from './policy.ts';
import { Refusal, type Registry, type Request } from './registry.ts';
import type { GracePeriod } from './store.ts';
import type { Told } from './tell.ts';

type Command = keyof Prices;
interface Period {
  unit: 'y' | 'm';
  value: number;
}

const YEARLY: readonly Command[] = ['create', 'renew', 'transfer'];
/** Element of the answer by command; a restore is an update. */
const ELEMENTS: Readonly<Record<Command, string>> = {
  create: 'creData',
  renew: 'renData',
  transfer: 'trnData',
  update: 'updData',
  restore: 'updData',
  delete: 'delData',
};
const ONE_YEAR: Period = { unit: 'y', value: 1 };

const yearsOf = ({ unit, value }: Period): bigint => BigInt(unit === 'y' ? value : Math.ceil(value / 12));

function priceOf({ prices, premium }: Policy, name: string, command: Command, period: Period): bigint {
  const price = unitsOf(premium[name]?.[command] ?? prices[command]);
  return YEARLY.includes(command) ? price * yearsOf(period) : price;
}

/**
 * Takes what a command costs from the registrar's balance: the last thing before it is carried out. Throws 2003 where the fee
 * of a premium name is not told, 2004 where another is told, 2104 where there is too little money.
 * @returns `paid` as a decimal; `told` for a client that has told the fee
 */
export function charge(
  request: Request,
  command: Command,
  name: string,
  period: Period = ONE_YEAR,
): { paid: string; told: Told[] } {
  const { registry, clientId, extensions } = request;
  const { policy } = registry;
  const units = priceOf(policy, name, command, period);
  const agreed = extensions.fee as FeeTransform | undefined;
  if (agreed) agrees(agreed, units, policy.currency);
  else if (policy.premium[name] && units > 0n) {
    throw new Refusal(2003, 'the fee of a premium name must be told');
  }
  debit(registry, clientId, units);
  const paid = decimalOf(units);
  if (!agreed) return { paid, told: [] };
  const money = moneyOf(registry, clientId);
  const value: FeeTransformResult = {
    currency: policy.currency,
    ...(YEARLY.includes(command) ? { period } : {}),
    fees: [{ value: paid }],
    balance: decimalOf(money.balance),
    creditLimit: decimalOf(money.creditLimit),
  };
  return { paid, told: [{ name: 'fee', element: ELEMENTS[command], value }] };
}

function agrees({ currency, fees, credits = [] }: FeeTransform, units: bigint, ours: string): void {
  if (currency !== undefined && currency !== ours) throw new Refusal(2004, `the currency is ${ours}`);
  const sum = [...fees, ...credits].reduce((total, { value }) => total + unitsOf(value), 0n);
  if (sum !== units) throw new Refusal(2004, `the fee is ${decimalOf(units)} ${ours}`);
}

/** Gives back what was paid in the grace periods that a delete ends. */
export function refund(registry: Registry, clientId: string, grace: readonly GracePeriod[]): Told[] {
  const units = grace.reduce((total, { credit }) => total + unitsOf(credit), 0n);
  if (units === 0n) return [];
  setBalance(registry, clientId, moneyOf(registry, clientId).balance + units);
  const money = moneyOf(registry, clientId);
  const value: FeeTransformResult = {
    currency: registry.policy.currency,
    credits: [{ value: decimalOf(-units), description: 'Grace period' }],
    balance: decimalOf(money.balance),
    creditLimit: decimalOf(money.creditLimit),
  };
  return [{ name: 'fee', element: ELEMENTS.delete, value }];
}

/** `fee:chkData`. */
export function feesOfCheck({ registry, extensions }: Request, names: readonly string[]): Told {
  const { currency, commands } = extensions.fee as FeeCheck;
  const cd = names.flatMap((name) => {
    const asked = commands.filter((command) => command.names?.includes(name) ?? true);
    return asked.length === 0 ? [] : [feeObject(registry.policy, name, asked, currency)];
  });
  return { name: 'fee', element: 'chkData', value: { currency: registry.policy.currency, cd } };
}

/** `fee:infData` of fee-0.6. */
export function feesOfInfo({ registry, extensions }: Request, name: string): Told[] {
  const { currency, commands } = extensions.fee as FeeCheck;
  const { objID: _, avail, ...fees } = feeObject(registry.policy, name, commands, currency);
  if (!avail) throw new Refusal(2004, fees.reason);
  return [{ name: 'fee', element: 'infData', value: { currency: registry.policy.currency, ...fees } }];
}

function feeObject(
  policy: Policy,
  name: string,
  commands: readonly FeeCheckedCommand[],
  currency: string | undefined,
): FeeObject {
  const key = name.toLowerCase();
  const premium = policy.premium[key];
  const wanted = currency ?? commands[0]?.currency;
  const unknown = commands.find((command) => !Object.hasOwn(policy.prices, command.name));
  const reason =
    wanted !== undefined && wanted !== policy.currency
      ? `only fees in ${policy.currency}`
      : unknown && `no fee of ${unknown.customName ?? unknown.name} is known`;
  if (reason !== undefined) {
    // the drafts repeat the object for each command: it must not be lost with them
    const bare = commands.map(({ name, customName }) => ({ name, ...(customName && { customName }) }));
    return { objID: name, avail: false, commands: bare, reason };
  }
  return {
    objID: name,
    avail: true,
    class: premium?.class ?? 'standard',
    commands: commands.map((command) => feeOf(policy, key, command)),
  };
}

function feeOf(
  policy: Policy,
  key: string,
  { name, phase, subphase, period }: FeeCheckedCommand,
): FeeOfCommand {
  const command = name as Command;
  const asked = period ?? ONE_YEAR;
  const isPremium = policy.premium[key]?.[command] !== undefined;
  const gracePeriod = command === 'create' ? { 'grace-period': `PT${policy.periods.addPeriod}S` } : {};
  return {
    name,
    ...(phase === undefined ? {} : { phase }),
    ...(subphase === undefined ? {} : { subphase }),
    standard: !isPremium,
    ...(YEARLY.includes(command) ? { period: asked } : {}),
    fees: [
      {
        value: decimalOf(priceOf(policy, key, command, asked)),
        refundable: command === 'create',
        ...gracePeriod,
      },
    ],
  };
}
