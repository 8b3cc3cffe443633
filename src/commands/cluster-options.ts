import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Registry } from 'prom-client';
import { type ClosableKubeClient, createClient } from '../kube/client.ts';
import { type ClusterConfig, loadClusterConfig } from '../kube/cluster-config.ts';
import { systemClock } from '../lib/clock.ts';
import { LOG_LEVELS, type Log, type LogLevel } from '../lib/log.ts';

/** What subcommands that talk to a cluster have in common. */
export interface ClusterOptions {
  kubeconfig?: string;
  context?: string;
  logLevel: LogLevel;
}

/** @param more logLevel: what is logged without the option; less for those whose output is for people */
export function addClusterOptions(command: Command, more: { logLevel?: LogLevel } = {}): Command {
  return command
    .option(
      '--kubeconfig <file>',
      "kubeconfig; default: $KUBECONFIG, the pod's service account, ~/.kube/config",
    )
    .option('--context <name>', 'context of the kubeconfig; default: the current one')
    .addOption(new Option('--log-level <level>').choices(LOG_LEVELS).default(more.logLevel ?? 'info'));
}

export async function connect(
  options: ClusterOptions,
  { log, metrics }: { log: Log; metrics: Registry },
): Promise<{ client: ClosableKubeClient; config: ClusterConfig }> {
  const { kubeconfig, context } = options;
  const config = await loadClusterConfig({
    env: process.env,
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  });
  return { client: createClient(config, { log, metrics, clock: systemClock }), config };
}

/** For numbers on the command line. */
export function numberBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
    }
    return value;
  };
}
