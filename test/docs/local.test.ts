import { expect, it } from 'vitest';
import { placeOf } from './blocks.ts';
import { allBlocks } from './documents.ts';
import { localStage } from './local-stage.ts';
import { runDocs } from './run-docs.ts';

it('every command of the documents that needs Node alone does what it should', {
  timeout: 300_000,
}, async () => {
  const blocks = allBlocks();
  await using stage = await localStage();
  const runs = await runDocs('local', { ...stage, blockTimeoutMs: 120_000 }, blocks);
  expect(runs.flatMap(({ failure }) => failure ?? [])).toEqual([]);
  const passed = runs.reduce((sum, run) => sum + run.passed, 0);
  expect(passed).toBe(blocks.filter((block) => placeOf(block).place === 'local').length);
});
