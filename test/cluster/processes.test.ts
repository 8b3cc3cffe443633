import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { isRunning, killRecorded, recordOf, signalRecorded, startOf, startOfStat } from './processes.ts';

const STAT = '4242 (a (b) c) S 1 4242 4242 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1000 10 0';

describe('startOfStat', () => {
  it('reads past a command with spaces and parentheses', () => {
    expect(startOfStat(STAT)).toBe('987654');
  });
  it.each(['Z', 'X'])('takes a process in state %s for gone', (state) => {
    expect(startOfStat(STAT.replace(') S ', `) ${state} `))).toBeUndefined();
  });
});

describe('a recorded process', () => {
  let child: ChildProcess;
  const start = () => {
    child = spawn('sleep', ['60'], { stdio: 'ignore' });
    return recordOf(child.pid ?? 0);
  };
  afterEach(() => {
    child.kill('SIGKILL');
  });

  it('runs until it is killed', async () => {
    const record = start();
    expect(isRunning(record)).toBe(true);
    expect(await killRecorded([record])).toBe(1);
    expect(isRunning(record)).toBe(false);
    expect(await killRecorded([record])).toBe(0);
  });

  it('is left alone when it only has the id of the recorded one', async () => {
    const { pid, start: began } = start();
    const recycled = { pid, start: `${began}0` };
    expect(isRunning(recycled)).toBe(false);
    expect(signalRecorded(recycled, 'SIGKILL')).toBe(false);
    expect(await killRecorded([recycled])).toBe(0);
    expect(startOf(pid)).toBe(began);
  });
});
