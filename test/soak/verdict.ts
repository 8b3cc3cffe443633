/** What callers were told against what the registry did: pure. */
import type { JournalEntry } from '../../src/simulator/journal.ts';

export type Outcome = 'done' | 'not-sent' | 'unknown';

/** One transform as its caller saw it. No two have both command and name in common. */
export interface Told {
  command: string;
  name: string;
  outcome: Outcome;
  /** The registry's code, where the outcome is done. */
  code?: number | undefined;
}

/** Everything that must not be, in words. */
export function wrongs(told: readonly Told[], journal: readonly JournalEntry[]): string[] {
  const executed = new Map<string, JournalEntry[]>();
  const keyOf = ({ command, name }: { command: string; name: string }) => `${command} ${name}`;
  for (const entry of journal) {
    const key = keyOf(entry);
    executed.set(key, [...(executed.get(key) ?? []), entry]);
  }
  const wrong: string[] = [];
  for (const [key, entries] of executed) {
    if (entries.length > 1) wrong.push(`${key} was executed ${entries.length} times`);
  }
  for (const one of told) {
    const entries = executed.get(keyOf(one)) ?? [];
    const changed = entries.some(({ code }) => code < 2000);
    if (one.outcome === 'not-sent' && entries.length > 0) {
      wrong.push(`${keyOf(one)} was reported not-sent, and was executed`);
    }
    if (one.outcome === 'done' && one.code !== undefined && one.code < 2000 && !changed) {
      wrong.push(`${keyOf(one)} was reported done with ${one.code}, and the registry does not have it`);
    }
    // An error that the registry made up (`told`) is the registry's lie, not ours
    const lied = entries.some((entry) => entry.told !== undefined);
    if (one.outcome === 'done' && (one.code ?? 0) >= 2000 && changed && !lied) {
      wrong.push(`${keyOf(one)} was reported failed with ${one.code}, and the registry has it`);
    }
  }
  return wrong;
}
