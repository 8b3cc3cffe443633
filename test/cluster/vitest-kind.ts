/**
 * Vitest's globalSetup of the project `e2e`: names the cluster that the test files of a run share, and removes it in the end. It is made by
 * the first file that asks for it (`using-kind.ts`).
 */
import type { TestProject } from 'vitest/node';
import { readRecord } from './cluster-records.ts';
import { deleteCluster, uniqueName } from './kind.ts';
import { type ProcessRecord, recordOf } from './processes.ts';
import { silent } from './progress.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    sharedCluster: { name: string; owner: ProcessRecord };
  }
}

export default function setup(project: TestProject): () => Promise<void> {
  const name = uniqueName('e2e');
  // This process lives as long as the run; a test file's own may not.
  project.provide('sharedCluster', { name, owner: recordOf(process.pid) });
  return async () => {
    if (readRecord(name)) await deleteCluster(name, silent);
  };
}
