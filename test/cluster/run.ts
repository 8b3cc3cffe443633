/** Other programs, run to their end. */
import { type SpawnOptions, spawn } from 'node:child_process';

export interface Outcome {
  /** Exit code; 128 where a signal ended the program. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string | Buffer;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** Kills the program after so many milliseconds. */
  timeoutMs?: number;
  /** Told the id of the started program. */
  onStart?: (pid: number) => void;
  /** Each line of standard error as it comes. */
  onStderrLine?: (line: string) => void;
}

/** Resolves with the outcome whatever the exit code; rejects only when the program cannot be started. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const spawnOptions: SpawnOptions = {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    };
    const child = spawn(command, args, spawnOptions);
    if (child.pid !== undefined) options.onStart?.(child.pid);
    // Not spawn's own timeout: its timer runs on, and holds the process, where the program could not be started.
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
      if (!options.onStderrLine) return;
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) options.onStderrLine(line);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({
        code: code ?? (signal ? 128 : 0),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    // A program that ends before it has read its input is judged by its exit code.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
  });
}

/** As `run`, but an exit code other than 0 is an error that shows the end of what the program wrote. */
export async function runOk(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> {
  let outcome: Outcome;
  try {
    outcome = await run(command, args, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`${command} is not installed, or not in PATH`, { cause: error });
  }
  if (outcome.code === 0) return outcome;
  const told = (outcome.stderr.trim() || outcome.stdout.trim()).split('\n').slice(-20).join('\n');
  throw new Error(`${command} ${args.join(' ').slice(0, 300)}: exit code ${outcome.code}\n${told}`);
}

/** Whether the program is there to be run. */
export async function isInPath(command: string): Promise<boolean> {
  try {
    return (await run('sh', ['-c', `command -v -- "$0"`, command])).code === 0;
  } catch {
    return false;
  }
}
