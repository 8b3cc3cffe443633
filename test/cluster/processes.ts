/**
 * Processes by id and start time. An id alone is not enough to kill by: the system hands it out again once the process is gone.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { eventually } from '../support/eventually.ts';

export interface ProcessRecord {
  pid: number;
  /** When it began, as the system tells it; only ever compared for equality. */
  start: string;
}

/** Start time out of /proc/PID/stat (proc(5), field 22, in clock ticks since boot), or undefined for a zombie: that one is gone. */
export function startOfStat(stat: string): string | undefined {
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** Undefined where no such process runs. */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return startOfStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    const told = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return told === '' ? undefined : told;
  } catch {
    return undefined;
  }
}

/** What to write down about a process that runs now. */
export function recordOf(pid: number): ProcessRecord {
  return { pid, start: startOf(pid) ?? 'gone' };
}

export function isRunning(record: ProcessRecord): boolean {
  return startOf(record.pid) === record.start;
}

/** Sends the signal if the very process that was recorded still runs; tells whether it did. */
export function signalRecorded(record: ProcessRecord, signal: NodeJS.Signals): boolean {
  if (!isRunning(record)) return false;
  try {
    process.kill(record.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Kills every recorded process that still runs, and waits until all of them are gone. */
export async function killRecorded(records: readonly ProcessRecord[]): Promise<number> {
  const killed = records.filter((record) => signalRecorded(record, 'SIGKILL'));
  for (const record of killed) {
    await eventually(() => !isRunning(record), { timeoutMs: 10_000, what: `end of process ${record.pid}` });
  }
  return killed.length;
}
