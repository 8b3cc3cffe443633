import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { EPP_GATEWAY } from '../api/v1alpha1/gateway.ts';
import { EPP_REGISTRY } from '../api/v1alpha1/registry.ts';
import { EPP_SET } from '../api/v1alpha1/set.ts';
import { type EmbeddedCluster, startEmbedded } from '../embedded/cluster.ts';
import { readManifests } from '../embedded/manifests.ts';
import { describeCluster, liveLine, type Overview, suggestedCommands } from '../embedded/overview.ts';
import { DEPLOYMENT, SERVICE } from '../kube/builtin.ts';
import { systemClock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { createLog, LOG_LEVELS, type LogLevel } from '../lib/log.ts';
import { shutdownSignal } from '../lib/shutdown.ts';
import { numberBetween } from './cluster-options.ts';
import { startLocalConsole } from './local-console.ts';

interface Options {
  filename?: string[];
  port?: number;
  data?: string;
  consolePort: number;
  timeScale: number;
  logLevel: LogLevel;
}

/** From src/commands/ as from dist/chunks/. */
const SAMPLES = new URL('../../manifests/samples/', import.meta.url);
const LIVE_LINE_MS = 1_000;

export function tryCommand(): Command {
  return new Command('try')
    .description('operator, simulators, adapters and gateways in one process: needs no cluster')
    .option(
      '-f, --filename <path...>',
      'manifests: files or folders; default: the samples with two simulated registries',
    )
    .option(
      '--port <first>',
      'loopback ports of the Services are this one and those after it; default: free ones',
      numberBetween(1, 65_000),
    )
    .option(
      '--console-port <number>',
      'loopback port of the console; default: a free one',
      numberBetween(0, 65_535),
      0,
    )
    .option(
      '--data <folder>',
      'keeps objects and simulated registries there, for the next time; default: nothing is kept',
    )
    .option(
      '--time-scale <factor>',
      'shrinks the times of the connection budget, so that there is something to see',
      numberBetween(0.001, 1),
      0.1,
    )
    .addOption(
      new Option('--log-level <level>', 'JSON lines on standard error').choices(LOG_LEVELS).default('error'),
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const startedMs = performance.now();
  const stop = shutdownSignal(process);
  const log = createLog({ name: 'try', level: options.logLevel, destination: process.stderr });
  const paths = options.filename ?? [fileURLToPath(SAMPLES)];
  const manifests = (await Promise.all(paths.map(readManifests))).flat();
  say(`starting operator, registries and sets of ${paths.join(', ')} in this process`);
  const cluster = await startEmbedded({
    manifests,
    log,
    timeScale: options.timeScale,
    ...(options.port !== undefined && { firstPort: options.port }),
    ...(options.data !== undefined && { data: resolve(options.data) }),
  });
  const closed = new AbortController();
  let consoleEnded: Promise<void> | undefined;
  try {
    const { client } = cluster;
    const { url, ended } = await startLocalConsole({
      client,
      log,
      port: options.consolePort,
      signal: closed.signal,
    });
    consoleEnded = ended;
    await show(cluster, { startedMs, consoleUrl: url, stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    say('draining; Ctrl-C again ends at once');
    await cluster.close();
    // Until the last connection is gone there is something to see.
    closed.abort();
    await consoleEnded;
  }
}

interface Show {
  startedMs: number;
  consoleUrl: string;
  stop: AbortSignal;
}

async function show(cluster: EmbeddedCluster, { startedMs, consoleUrl, stop }: Show): Promise<void> {
  const urlOf = (namespace: string, service: string) => cluster.serviceUrl(namespace, service);
  // Manifests of one's own may take as long as they like: what is wrong with them is told below.
  await cluster.ready({ signal: stop }).catch((error: unknown) => {
    stop.throwIfAborted();
    say(messageOf(error));
  });
  const overview = await look(cluster);
  say(`ready after ${((performance.now() - startedMs) / 1_000).toFixed(1)} s\n`);
  for (const line of describeCluster(overview, urlOf)) say(`  ${line}`);
  say('\ntry\n');
  for (const line of suggestedCommands(overview, urlOf, process.platform)) say(`  ${line}`);
  say(`\nsee it live\n\n  ${consoleUrl}`);
  say('\nCtrl-C drains and ends\n');
  await follow(cluster, stop);
}

/** Until the signal: on a terminal one line that is always of now. */
async function follow(cluster: EmbeddedCluster, stop: AbortSignal): Promise<void> {
  const { stdout } = process;
  // Nothing else may be waiting: this timer keeps the process alive.
  for (;;) {
    if (stdout.isTTY) {
      const line = liveLine(await look(cluster));
      stdout.write(`\r\u001b[2K${line.slice(0, stdout.columns - 1)}`);
    }
    await systemClock.sleep(LIVE_LINE_MS, stop).catch(() => undefined);
    if (stop.aborted) {
      if (stdout.isTTY) stdout.write('\n');
      return;
    }
  }
}

async function look({ client }: EmbeddedCluster): Promise<Overview> {
  const [gateways, sets, registries, services, deployments] = await Promise.all([
    client.list(EPP_GATEWAY),
    client.list(EPP_SET),
    client.list(EPP_REGISTRY),
    client.list(SERVICE),
    client.list(DEPLOYMENT),
  ]);
  return {
    gateways: gateways.items,
    sets: sets.items,
    registries: registries.items,
    services: services.items,
    deployments: deployments.items,
  };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
