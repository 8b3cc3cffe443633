/** Asks how much money is left at the registry: one that has none refuses every create. */
import { resultCode } from '../../epp/command.ts';
import type { PeriodicJob } from './periodic.ts';
import type { Ask } from './poll.ts';

/** In the registry's currency. */
export interface Balance {
  balance: number;
  creditLimit?: number;
  availableCredit?: number;
}

/** By Verisign's balance mapping (balance-1.0), for registries that have it. */
export function balanceJob(options: {
  intervalMs: number;
  ask: Ask;
  told(balance: Balance): void;
}): PeriodicJob {
  return {
    name: 'balance',
    intervalMs: options.intervalMs,
    async run(term) {
      const answer = await options.ask({ object: 'balance', command: 'info', body: {} }, term);
      const code = resultCode(answer);
      if (code >= 2000) {
        throw new Error(
          `the balance query was answered ${code} ${answer.results[0]?.message ?? ''}; does this registry have it (feature balance-1.0)?`,
        );
      }
      options.told(readBalance(answer.data));
    },
  };
}

/** Throws where the answer tells no balance. */
export function readBalance(data: Record<string, unknown> | undefined): Balance {
  const amount = (field: string): number | undefined => {
    const value = data?.[field];
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
  };
  const balance = amount('balance');
  if (balance === undefined) throw new Error('the answer to the balance query tells no balance');
  const creditLimit = amount('creditLimit');
  const availableCredit = amount('availableCredit');
  return {
    balance,
    ...(creditLimit !== undefined && { creditLimit }),
    ...(availableCredit !== undefined && { availableCredit }),
  };
}
