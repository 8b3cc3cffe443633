import { createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { useApiServer } from '../cluster/using-api.ts';
import { describeContract } from '../kube/contract.ts';
import { serveCrds } from './served-crds.ts';

const { api } = useApiServer({ prefix: 'contract' });

describeContract('the API server', async () => {
  const config = await loadClusterConfig({ kubeconfig: api().kubeconfigPath, env: {} });
  const client = createClient(config, { clock: systemClock, log: silentLog });
  await serveCrds(client);
  return { client, close: () => client.close() };
});
