/** Vitest's globalSetup of the project `api`: one API server for all test files of a run. Test files ask for it by `using-api.ts`. */
import type { TestProject } from 'vitest/node';
import { startApiServer } from './api.ts';
import type { ApiAddress } from './api-access.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    sharedApiServer: ApiAddress;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { kubectlPath, kubeconfig, kubeconfigPath, url, adminTls, stop } = await startApiServer();
  project.provide('sharedApiServer', { kubectlPath, kubeconfig, kubeconfigPath, url, adminTls });
  return stop;
}
