/** A program that tells what it does by lines of JSON on its standard output, and may be told things on its standard input. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { eventually } from '../support/eventually.ts';

/** Generous: the machine may be busy with other tests. */
const PATIENCE_MS = 60_000;

// biome-ignore lint/suspicious/noExplicitAny: each program has lines of its own, and tests look into them
export type Line = Record<string, any>;

export class TalkingProgram {
  /** All that it said so far, in order. */
  readonly lines: Line[] = [];
  readonly #what: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  #exit: number | undefined;
  #stderr = '';

  constructor(command: string, args: readonly string[]) {
    this.#what = [command, ...args].join(' ');
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    // A program that has ended is told of by `line`.
    this.#child.stdin?.on('error', () => {});
    if (this.#child.stdout) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        if (line.startsWith('{')) this.lines.push(JSON.parse(line) as Line);
      });
    }
    this.#ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#exit = code ?? (signal ? 128 : 0);
      return this.#exit as number;
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The first line from `after` on that fits; waits for it. Fails with the program's own words where it ended before. */
  async line(fits: (line: Line) => boolean, after = 0): Promise<Line> {
    const found = await eventually<{ line: Line | undefined }>(
      () => {
        const line = this.lines.slice(after).find(fits);
        if (!line && this.#exit === undefined) throw new Error(`there is none yet: ${this.#stderr}`);
        return { line };
      },
      { timeoutMs: PATIENCE_MS, what: `a line of ${this.#what}` },
    );
    if (found.line) return found.line;
    throw new Error(`${this.#what} ended with ${this.#exit}: ${this.#stderr}`);
  }

  tell(order: object): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** Resolves with its exit code; 128 where a signal ended it. */
  async stop(signal: NodeJS.Signals): Promise<number> {
    if (this.#exit === undefined) this.#child.kill(signal);
    return this.#ended;
  }
}
