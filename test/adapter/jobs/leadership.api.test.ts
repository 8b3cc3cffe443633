import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaseLeadership } from '../../../src/adapter/jobs/leadership.ts';
import { NAMESPACE } from '../../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../../src/kube/client.ts';
import { loadClusterConfig } from '../../../src/kube/cluster-config.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { type ApiServer, startApiServer } from '../../cluster/api.ts';
import { eventually } from '../../support/eventually.ts';

const namespace = 'jobs';
let api: ApiServer;
let client: ClosableKubeClient;
beforeAll(async () => {
  api = await startApiServer({ controllers: ['serviceaccount-controller'] });
  const config = await loadClusterConfig({ kubeconfig: api.kubeconfigPath, env: {} });
  client = createClient(config, { clock: systemClock, log: silentLog });
  await client.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});
afterAll(async () => {
  await client?.close();
  await api?.stop();
});

describe('the jobs of an account', () => {
  it('are run by one process at a time, and by the next one when it goes', async () => {
    const at: string[] = [];
    const running = new Set<string>();
    let most = 0;
    const processes = ['a', 'b', 'c'].map((identity) => {
      const stop = new AbortController();
      const leadership = leaseLeadership({
        client,
        namespace,
        account: 'verisign',
        identity,
        timeScale: 0.1,
        clock: systemClock,
        log: silentLog,
      });
      const ended = leadership.run(stop.signal, async (term) => {
        expect(term.holds()).toBe(true);
        at.push(identity);
        running.add(identity);
        most = Math.max(most, running.size);
        await new Promise<void>((resolve) => term.signal.addEventListener('abort', () => resolve()));
        running.delete(identity);
      });
      return { identity, stop, ended };
    });
    for (let turn = 1; turn <= processes.length; turn++) {
      await eventually(() => at.length === turn, { what: `leader ${turn}` });
      const leader = processes.find(({ identity }) => identity === at[turn - 1]);
      leader?.stop.abort(new Error('the process ends'));
      await leader?.ended;
    }
    expect([...at].sort()).toEqual(['a', 'b', 'c']);
    expect(most).toBe(1);
  });
});
