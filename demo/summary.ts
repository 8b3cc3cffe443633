import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Summary } from './story.ts';

/** What the reader takes home. */
export function summaryText(summary: Summary): string {
  const { core, sharedPool } = summary;
  const registries = summary.registries.map(
    ({ name, limit, highestSessions, refusals }) =>
      `  ${name.padEnd(13)} limit ${String(limit).padStart(3)}   highest ${String(highestSessions).padStart(3)}   refused ${refusals}`,
  );
  const row = (name: string, figures: Summary['core']): string =>
    `  ${name.padEnd(21)} ${`${figures.succeeded} of ${figures.sent}`.padStart(12)}   p50 ${String(figures.p50Ms).padStart(6)} ms   p99 ${String(figures.p99Ms).padStart(6)} ms   sent again ${figures.retried}`;
  return [
    '',
    'sessions that the registries counted',
    ...registries,
    `  ledger versions checked: ${summary.ledger.versions}, over their limit: ${summary.ledger.violations.length}`,
    '',
    'creates and renewals that succeeded during the flood',
    row('with sets', core),
    row('on one shared pool', sharedPool),
    `  (${core.reconciled} outcomes were unknown after the kill and cleared up with info; ${summary.flood.checksAnswered} checks of the flood answered)`,
    '',
    ...(summary.problems.length === 0
      ? ['no account was ever over its limit, and no core command failed']
      : ['PROBLEMS', ...summary.problems.map((problem) => `  ${problem}`)]),
  ].join('\n');
}

export async function writeSummary(summary: Summary, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(summary, null, 2)}\n`);
}
