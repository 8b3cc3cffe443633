/**
 * For test files that need a real API server, but not one of their own. The pattern:
 *
 *     const { api, namespace } = useApiServer();     // at the top of the file or of a `describe`
 *
 *     it('…', async () => {
 *       const client = await createClient(await loadClusterConfig({ kubeconfig: api().kubeconfigPath }));
 *       … work in namespace() …
 *     });
 *
 * All files of a run share one server, and each `useApiServer` gets a namespace of its own, deleted in the end. So keep out of other
 * namespaces, and give cluster-scoped objects (except the project's CRDs, which are the same for all) names with the namespace in them.
 * Tests that pause or restart the server, or that want other controllers, start their own with `startApiServer`.
 */
import { afterAll, beforeAll, inject } from 'vitest';
import { startApiServer } from './api.ts';
import { type ApiAccess, accessTo } from './api-access.ts';
import './vitest-api.ts';

let count = 0;

/** Both are callable from `beforeAll` on. */
export function useApiServer(options: { prefix?: string } = {}): {
  api: () => ApiAccess;
  namespace: () => string;
} {
  const { prefix = 'test' } = options;
  let access: ApiAccess | undefined;
  let name = '';
  let end = async () => {};

  beforeAll(async () => {
    const shared = inject('sharedApiServer') as ReturnType<typeof inject<'sharedApiServer'>> | undefined;
    // Without the globalSetup (another project, another runner) the file gets a server of its own.
    const own = shared ? undefined : await startApiServer();
    access = shared ? accessTo(shared) : own;
    end = async () => (own ? own.stop() : access?.close());
    count++;
    name = `${prefix}-${process.pid}-${Math.random().toString(36).slice(2, 6)}-${count}`;
    await create(access as ApiAccess, name);
  });
  afterAll(async () => {
    await access?.request('DELETE', `/api/v1/namespaces/${name}`).catch(() => {});
    await end();
  });

  return {
    api: () => {
      if (!access) throw new Error('useApiServer: the server is there from beforeAll on');
      return access;
    },
    namespace: () => name,
  };
}

async function create(access: ApiAccess, name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  const answer = await access.request('POST', '/api/v1/namespaces', body);
  if (answer.status !== 201) throw new Error(`namespace ${name}: HTTP ${answer.status} ${answer.body}`);
}
