import { describe, expect, it } from 'vitest';
import { isInPath, run, runOk } from './run.ts';

describe('run', () => {
  it('resolves with what the program wrote and its exit code', async () => {
    const outcome = await run('sh', ['-c', 'cat; echo err >&2; exit 3'], { input: 'in' });
    expect(outcome).toEqual({ code: 3, stdout: 'in', stderr: 'err\n' });
  });

  it('kills a program that takes too long', async () => {
    const { code } = await run('sleep', ['60'], { timeoutMs: 50 });
    expect(code).toBe(128);
  });

  it('hands out lines as they come, whole', async () => {
    const lines: string[] = [];
    await run('sh', ['-c', 'printf "a\\nb" >&2; printf "c\\n" >&2'], {
      onStderrLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(['a', 'bc']);
  });
});

describe('runOk', () => {
  it('shows the command and the end of what it wrote', async () => {
    await expect(runOk('sh', ['-c', 'echo why >&2; exit 1'])).rejects.toThrow(/^sh -c .*exit code 1\nwhy$/s);
  });
  it('says that a program is not installed', async () => {
    await expect(runOk('eppset-no-such-program', [])).rejects.toThrow(/not installed, or not in PATH/);
  });
});

it('isInPath finds programs', async () => {
  expect(await isInPath('sh')).toBe(true);
  expect(await isInPath('eppset-no-such-program')).toBe(false);
});
