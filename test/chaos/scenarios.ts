/** All scenarios, by name, and those that every change is tested by. */
import { CONTROL_SCENARIOS } from './control-scenarios.ts';
import type { Scenario } from './drama.ts';
import { NETWORK_SCENARIOS } from './network-scenarios.ts';
import { POD_SCENARIOS } from './pod-scenarios.ts';

export const SCENARIOS: readonly Scenario[] = [...POD_SCENARIOS, ...NETWORK_SCENARIOS, ...CONTROL_SCENARIOS];

/** A crash, a partition and a fail-over: less than two minutes together. */
export const CI_SCENARIOS: readonly string[] = ['kill-query', 'query-api', 'leader-frozen'];

/** @param names separated by commas. Throws on one that there is not. */
export function chosen(names: string): readonly Scenario[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => {
      const found = SCENARIOS.find((scenario) => scenario.name === name);
      if (!found)
        throw new Error(
          `there is no scenario ${name}; there are ${SCENARIOS.map((scenario) => scenario.name).join(', ')}`,
        );
      return found;
    });
}
