/** A registrar's money at the registry, in whole 1/100,000,000 of the currency: fees may have eight digits (RFC 8748). */

import { writeData } from '../epp/responses/data.ts';
import type { BalanceInfoData, FinanceInfoData, LowBalancePollData } from '../epp/responses/registry-data.ts';
import { enqueue } from './messages.ts';
import { Refusal, type Registry, type Request } from './registry.ts';
import type { Reply } from './replies.ts';
import type { MoneyRecord } from './store.ts';

const UNITS = 100_000_000n;
const FRACTION_DIGITS = 8;

/** `10.5` as 1,050,000,000 units. @param amount a decimal with up to eight digits behind the point, with a minus or not */
export function unitsOf(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.replace('-', '').split('.');
  const units =
    BigInt(whole) * UNITS + BigInt(fraction.padEnd(FRACTION_DIGITS, '0').slice(0, FRACTION_DIGITS));
  return amount.startsWith('-') ? -units : units;
}

/** With at least two digits behind the point. */
export function decimalOf(units: bigint): string {
  const positive = units < 0n ? -units : units;
  const fraction = String(positive % UNITS)
    .padStart(FRACTION_DIGITS, '0')
    .replace(/0{1,6}$/, '');
  return `${units < 0n ? '-' : ''}${positive / UNITS}.${fraction}`;
}

/** Enough for every load test; accounts may say otherwise. */
const PLENTY = unitsOf('1000000000.00');

export function moneyOf({ store }: Registry, clientId: string): MoneyRecord {
  const known = store.money.get(clientId);
  if (known) return known;
  const fresh: MoneyRecord = { balance: PLENTY, creditLimit: 0n, threshold: 0n, warned: false };
  store.money.set(clientId, fresh);
  return fresh;
}

export const availableOf = ({ balance, creditLimit }: MoneyRecord): bigint => balance + creditLimit;

/** Throws 2104 where there is not so much. */
export function debit(registry: Registry, clientId: string, units: bigint): void {
  const money = moneyOf(registry, clientId);
  if (units > availableOf(money)) throw new Refusal(2104, 'the balance does not suffice');
  setBalance(registry, clientId, money.balance - units);
}

/** Warns once of a balance that falls below the threshold. */
export function setBalance(registry: Registry, clientId: string, balance: bigint): void {
  const money = { ...moneyOf(registry, clientId), balance };
  const isLow = availableOf(money) < money.threshold;
  if (isLow && !money.warned) warn(registry, clientId, money);
  registry.store.money.set(clientId, { ...money, warned: isLow });
}

/** What is given is changed, the rest stays. Amounts are decimals. */
export function changeMoney(
  registry: Registry,
  clientId: string,
  given: { balance?: string | undefined; creditLimit?: string | undefined; lowBalance?: string | undefined },
): void {
  const { balance, creditLimit, lowBalance } = given;
  const money = moneyOf(registry, clientId);
  registry.store.money.set(clientId, {
    ...money,
    ...(creditLimit === undefined ? {} : { creditLimit: unitsOf(creditLimit) }),
    ...(lowBalance === undefined ? {} : { threshold: unitsOf(lowBalance) }),
  });
  setBalance(registry, clientId, balance === undefined ? money.balance : unitsOf(balance));
}

function warn({ store, now }: Registry, clientId: string, money: MoneyRecord): void {
  const value = {
    registrarName: clientId,
    creditLimit: decimalOf(money.creditLimit),
    creditThreshold: { type: 'FIXED', value: decimalOf(money.threshold) },
    availableCredit: decimalOf(availableOf(money)),
  } satisfies LowBalancePollData;
  const data = { mapping: 'lowbalancePoll' as const, name: 'pollData', value };
  enqueue(store, clientId, { text: 'Low Account Balance', data }, now());
}

/** Verisign's balance-1.0. */
export function balanceInfo({ registry, clientId }: Request): Reply {
  const money = moneyOf(registry, clientId);
  const data = {
    creditLimit: decimalOf(money.creditLimit),
    balance: decimalOf(money.balance),
    availableCredit: decimalOf(availableOf(money)),
    creditThreshold: { fixed: decimalOf(money.threshold) },
  } satisfies BalanceInfoData;
  return { code: 1000, resData: writeData('balance', 'infData', data) };
}

/** Identity Digital's finance-1.1. */
export function financeInfo({ registry, clientId }: Request): Reply {
  const { balance, threshold } = moneyOf(registry, clientId);
  const wallet = {
    code: registry.policy.currency,
    balance: decimalOf(balance),
    thresholds: [{ type: 'notification', value: decimalOf(threshold) }],
  };
  const data = { wallets: [wallet] } satisfies FinanceInfoData;
  return { code: 1000, resData: writeData('finance', 'infData', data) };
}
