import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { assembleGateway } from '../gateway/assemble.ts';
import { loadGatewayFile } from '../gateway/load-file.ts';
import { systemClock } from '../lib/clock.ts';
import { createLog } from '../lib/log.ts';
import { shutdownSignal } from '../lib/shutdown.ts';
import { addClusterOptions, type ClusterOptions, connect } from './cluster-options.ts';

interface Options extends ClusterOptions {
  config: string;
}

export function gatewayCommand(): Command {
  const command = new Command('gateway')
    .description('one HTTP face for all sets of a region')
    .requiredOption('--config <file>', 'the YAML file of the gateway');
  return addClusterOptions(command).action(run);
}

async function run(options: Options): Promise<void> {
  const log = createLog({ name: 'gateway', level: options.logLevel });
  const stop = shutdownSignal(process);
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const loaded = await loadGatewayFile(options.config);
  const cluster =
    loaded.file.discovery.mode === 'kubernetes' ? await connect(options, { log, metrics }) : undefined;
  const gateway = await assembleGateway({
    loaded,
    reread: () => readFile(options.config, 'utf8'),
    cluster: cluster && { client: cluster.client, namespace: ownNamespace() },
    metrics,
    log,
    clock: systemClock,
  });
  if (!stop.aborted) await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  await gateway.drain();
  await gateway.close();
  await cluster?.client.close();
}

function ownNamespace(): string {
  const { POD_NAMESPACE } = process.env;
  if (!POD_NAMESPACE)
    throw new Error(
      'discovery mode kubernetes needs POD_NAMESPACE in the environment (the downward API gives it); outside Kubernetes use discovery: {mode: static, sets: […]}',
    );
  return POD_NAMESPACE;
}
