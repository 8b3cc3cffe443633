import { describe, expect, it } from 'vitest';
import type { Block } from './blocks.ts';
import { runDocs } from './run-docs.ts';

const options = { env: { PATH: process.env.PATH }, cwd: '/' };
const blocks = (...texts: string[]): Block[] =>
  texts.map((text, index) => ({ document: 'page.md', line: index + 1, info: 'local', text: `${text}\n` }));

async function run(...texts: string[]) {
  const [only, ...more] = await runDocs('local', options, blocks(...texts));
  expect(more).toEqual([]);
  return only;
}

describe('commands of documents', () => {
  it('share a shell: variables and folder carry over', async () => {
    expect(await run('name=value\ncd tmp', '[ "$name $PWD" = "value /tmp" ]')).toMatchObject({
      passed: 2,
      blocks: 2,
    });
  });

  it('fail by their code, and by that of any part of a pipe', async () => {
    const failed = await run('true', 'echo some words; false | cat', 'true');
    expect(failed).toMatchObject({ passed: 1, blocks: 3 });
    expect(failed?.failure).toMatch(/^page\.md:2: ended with 1\n.*\n--- printed\nsome words\n$/);
  });

  it('fail by a variable that nobody set, and by an end too early', async () => {
    expect((await run('echo $nobody_set_it'))?.failure).toContain('nobody_set_it: unbound variable');
    expect((await run('exit 0', 'true'))?.failure).toContain('page.md:1: ended with 0');
  });

  it('fail by output that is not as said', async () => {
    expect(await run('echo 12   # → 1')).toMatchObject({ passed: 1 });
    expect((await run('echo 12   # → 3', 'true'))?.failure).toContain('page.md:1: its output has not: 3');
  });

  it('have a time each, and what they started ends with the document', async () => {
    const [late] = await runDocs('local', { ...options, blockTimeoutMs: 300 }, blocks('sleep 600'));
    expect(late?.failure).toContain('took more than 0.3 s');
    // It holds the output open: only its end ends the run
    expect(await run('sleep 600 & true')).toMatchObject({ passed: 1 });
  });

  it('of other places are left alone', async () => {
    expect(await runDocs('cluster', options, blocks('false'))).toEqual([]);
  });
});
