import { EPP_SET } from '../api/v1alpha1/set.ts';
import type { AccountChange } from './connections.ts';
import { poolWarning } from './intents.ts';
import { refOf, type State } from './state.ts';

/** What the operator would do, and is perhaps not meant. */
export interface Warning {
  /** `EppSet shop/core`; absent for what concerns the plan as a whole. */
  about?: string;
  message: string;
}

export function warningsOf(after: State, accounts: readonly AccountChange[]): Warning[] {
  return [
    ...accounts.flatMap(accountWarnings),
    ...[...after.gateways.values()].flatMap((gateway) => {
      const message = poolWarning(gateway, after);
      return message === undefined ? [] : [{ about: refOf(gateway), message }];
    }),
  ];
}

function accountWarnings({ namespace, name, after }: AccountChange): Warning[] {
  return Object.entries(after?.sets ?? {}).flatMap(([set, { pods, share, max, min, guaranteed }]) => {
    const about = `${EPP_SET.kind} ${namespace}/${set}`;
    const usable = after?.usable ?? 0;
    const messages = [
      // Where the minimum does not fit, the refusal says all.
      ...(guaranteed >= min && share < pods
        ? [
            `${pods - share} of ${pods} pods get no connection at ${name} while every set asks for all it may have: run at most ${share} pods, or raise min (${min}) or the limit`,
          ]
        : []),
      ...(max > usable
        ? [`max ${max} at ${name} is more than the ${usable} connections that may be used there`]
        : []),
    ];
    return messages.map((message) => ({ about, message }));
  });
}
