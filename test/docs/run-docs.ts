/** Runs the commands of documents by bash. */
import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Block, expectedOf, type Place, placeOf } from './blocks.ts';

export interface RunOptions {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Most that one block may take. */
  blockTimeoutMs?: number;
}

export interface DocumentRun {
  document: string;
  /** Blocks that did what they should. */
  passed: number;
  /** Blocks of the place that the document has. */
  blocks: number;
  seconds: number;
  /** Where it stopped, why, and what was printed. */
  failure?: string;
}

const BLOCK_TIMEOUT_MS = 300_000;
/** No command prints it: what stands between the output of two blocks. */
const MARK = '\u001e';

/** Runs the blocks of one place, one document after the other, and stops a document at its first failure. Never rejects for one. */
export async function runDocs(
  place: Place,
  options: RunOptions,
  blocks: readonly Block[],
): Promise<DocumentRun[]> {
  const here = blocks.filter((block) => placeOf(block).place === place);
  const runs: DocumentRun[] = [];
  for (const [document, own] of Map.groupBy(here, (block) => block.document))
    runs.push(await runDocument(document, own, options));
  return runs;
}

/** One shell for the whole document: variables, functions and `cd` carry over from block to block. */
async function runDocument(
  document: string,
  blocks: readonly Block[],
  options: RunOptions,
): Promise<DocumentRun> {
  const folder = await mkdtemp(join(tmpdir(), 'eppset-docs-'));
  const startMs = performance.now();
  try {
    const script = ['exec 2>&1', 'set -euo pipefail'];
    for (const [index, { text }] of blocks.entries()) {
      const file = join(folder, `${index}.sh`);
      await writeFile(file, text);
      script.push(`. '${file}'`, `printf '${MARK}'`);
    }
    const env = { ...options.env };
    if (env.KUBECONFIG !== undefined) {
      // `kubectl config set-context` of one document is nothing to the next
      const own = join(folder, 'kubeconfig');
      await copyFile(env.KUBECONFIG, own).catch(() => undefined);
      env.KUBECONFIG = own;
    }
    const { outputs, ended } = await bash(script.join('\n'), { ...options, env });
    const passed = blocks.findIndex((block, index) => {
      return index >= outputs.length - 1 || missing(block, outputs[index] ?? '').length > 0;
    });
    const seconds = Math.round((performance.now() - startMs) / 100) / 10;
    if (passed === -1) return { document, passed: blocks.length, blocks: blocks.length, seconds };
    const block = blocks[passed] as Block;
    const output = outputs[passed] ?? '';
    const why =
      passed < outputs.length - 1 ? `its output has not: ${missing(block, output).join(', ')}` : ended;
    const failure = `${document}:${block.line}: ${why}\n${block.text}--- printed\n${output.slice(-4_000)}`;
    return { document, passed, blocks: blocks.length, seconds, failure };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const missing = (block: Block, output: string) => expectedOf(block).filter((text) => !output.includes(text));

/** What each block printed, the one that was not finished last, and how the shell ended. What it started ends with it. */
function bash(
  script: string,
  { env, cwd, blockTimeoutMs = BLOCK_TIMEOUT_MS }: RunOptions,
): Promise<{ outputs: string[]; ended: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ outputs: string[]; ended: string }>();
  const shell = spawn('bash', ['-c', script], {
    cwd,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let output = '';
  let late = false;
  const endAll = () => {
    try {
      if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
    } catch {
      // Nobody is left.
    }
  };
  const limit = setTimeout(() => {
    late = true;
    endAll();
  }, blockTimeoutMs);
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (text.includes(MARK)) limit.refresh();
  });
  shell.on('error', reject);
  shell.on('exit', endAll);
  shell.on('close', (code, signal) => {
    clearTimeout(limit);
    const ended = late ? `took more than ${blockTimeoutMs / 1_000} s` : `ended with ${code ?? signal}`;
    resolve({ outputs: output.split(MARK), ended });
  });
  return promise;
}
