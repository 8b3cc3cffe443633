import { Command } from 'commander';
import { Registry } from 'prom-client';
import type { KubeClient } from '../kube/interfaces.ts';
import { createLog } from '../lib/log.ts';
import { shutdownSignal } from '../lib/shutdown.ts';
import { listObjects } from '../overview/watched-objects.ts';
import { addClusterOptions, type ClusterOptions, connect, numberBetween } from './cluster-options.ts';
import { startLocalConsole } from './local-console.ts';

interface Options extends ClusterOptions {
  namespace?: string;
  port: number;
}

export function consoleCommand(): Command {
  const command = new Command('console')
    .description('the console on this machine alone, with your own rights in the cluster')
    .option('-n, --namespace <name>', 'show this namespace alone; default: all')
    .option('--port <number>', 'on 127.0.0.1; 0: a free one', numberBetween(0, 65_535), 8082);
  return addClusterOptions(command, { logLevel: 'error' }).action(run);
}

async function run(options: Options): Promise<void> {
  const log = createLog({ name: 'console', level: options.logLevel, destination: process.stderr });
  const stop = shutdownSignal(process);
  const metrics = new Registry();
  const { client } = await connect(options, { log, metrics });
  const { namespace } = options;
  try {
    const without = await unreadable(client, namespace, stop);
    for (const { resource, message } of without)
      process.stderr.write(`eppset: ${resource.plural} are left out: ${message}\n`);
    const { url, ended } = await startLocalConsole({
      client,
      log,
      port: options.port,
      signal: stop,
      namespace,
      without: without.map(({ part }) => part),
    });
    process.stdout.write(`${url}\nCtrl-C ends it\n`);
    await ended;
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await client.close();
  }
}

/** @throws Error when nothing could be shown */
async function unreadable(client: KubeClient, namespace: string | undefined, signal: AbortSignal) {
  const { unreadable: found } = await listObjects(client, namespace, signal);
  const main = found.filter(({ part }) => part === 'registries' || part === 'sets' || part === 'gateways');
  if (main.length < 3) return found;
  if (main.every(({ reason }) => reason === 'NotServed'))
    throw new Error('this cluster has no eppset: install its chart, or choose another --context');
  throw new Error(
    namespace === undefined
      ? 'you may not list registries, sets or gateways in all namespaces: name one with --namespace'
      : `you may not list registries, sets or gateways in ${namespace}: somebody has to bind you the ClusterRole eppset-view or view there`,
  );
}
