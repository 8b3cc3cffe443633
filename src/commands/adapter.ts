import { Command } from 'commander';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { startAdapter } from '../adapter/adapter.ts';
import { loadAdapterFile } from '../adapter/load-file.ts';
import { type LeaseAccess, openBudget } from '../adapter/open-budget.ts';
import { systemBootClock } from '../lib/boot-clock.ts';
import { systemClock } from '../lib/clock.ts';
import { createLog } from '../lib/log.ts';
import { shutdownSignal } from '../lib/shutdown.ts';
import { addClusterOptions, type ClusterOptions, connect } from './cluster-options.ts';

interface Options extends ClusterOptions {
  config: string;
}

export function adapterCommand(): Command {
  const command = new Command('adapter')
    .description('HTTP/JSON to EPP for one set, within its connection grants')
    .requiredOption('--config <file>', 'the YAML file of the adapter');
  return addClusterOptions(command).action(run);
}

async function run(options: Options): Promise<void> {
  const log = createLog({ name: 'adapter', level: options.logLevel });
  const stop = shutdownSignal(process);
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const { file, folder } = await loadAdapterFile(options.config);
  const cluster = file.budget.mode === 'lease' ? await connect(options, { log, metrics }) : undefined;
  const leaseAccess = (): LeaseAccess => {
    const { POD_NAMESPACE, POD_UID } = process.env;
    if (!cluster || !POD_NAMESPACE || !POD_UID)
      throw new Error(
        'budget mode lease needs POD_NAMESPACE and POD_UID in the environment (the downward API gives them); outside Kubernetes use budget: {mode: local}',
      );
    return { client: cluster.client, leaseKey: { namespace: POD_NAMESPACE, name: POD_UID } };
  };
  const clock = systemClock;
  const { budget, leadership, abandon } = openBudget({
    file,
    leaseAccess,
    clock,
    bootClock: systemBootClock(),
    log,
  });
  const adapter = await startAdapter({ file, folder, budget, leadership, metrics, log, clock });
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  await adapter.drain();
  abandon();
  await adapter.close();
  await cluster?.client.close();
}
