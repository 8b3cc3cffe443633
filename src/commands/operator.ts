import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Command, InvalidArgumentError, Option } from 'commander';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { KubeClient } from '../kube/interfaces.ts';
import { systemClock } from '../lib/clock.ts';
import { createHttpServer, listen } from '../lib/http-server.ts';
import { createLog, type Log } from '../lib/log.ts';
import { shutdownSignal } from '../lib/shutdown.ts';
import { createOperator } from '../operator/operator.ts';
import type { OperatorOptionsInput } from '../operator/options.ts';
import { addClusterOptions, type ClusterOptions, connect, numberBetween } from './cluster-options.ts';

interface Options extends ClusterOptions {
  namespace?: string;
  image?: string;
  egressImage?: string;
  networkPolicies?: 'keep' | 'remove';
  monitoringNamespaces?: Record<string, string>;
  monitoringPods?: Record<string, string>;
  polarisUrl?: string;
  polarisNamespace?: string;
  polarisService?: string;
  polarisTokenFile?: string;
  polarisTtl?: number;
  leaderElection: boolean;
  leaseNamespace?: string;
  httpHost: string;
  httpPort: number;
  console?: boolean;
  timeScale: number;
}

export function operatorCommand(): Command {
  const command = new Command('operator')
    .description('controllers and connection allocator, leader-elected')
    .option('--namespace <name>', 'work in this namespace alone; default: in all')
    .option('--image <name>', "image of the adapters; default: that of the operator's own pod")
    .option('--egress-image <name>', 'image of nginx for egress proxies; none: every connection is direct')
    .addOption(
      new Option(
        '--network-policies <what>',
        'keep a NetworkPolicy for each set and gateway, or remove those that were made; default: neither',
      ).choices(['keep', 'remove']),
    )
    .option(
      '--monitoring-namespaces <labels>',
      'of the namespaces whose pods may read metrics through the NetworkPolicies, as a=b,c=d; default: none',
      labelsOf,
    )
    .option('--monitoring-pods <labels>', 'of the pods there; default: all', labelsOf)
    .option(
      '--polaris-url <url>',
      "register instances of sets with Polaris: its client API's; default: nowhere",
    )
    .option('--polaris-namespace <name>', "of Polaris; default: 'default'")
    .option('--polaris-service <name>', "of all sets; default: the set's prefix")
    .option('--polaris-token-file <path>', 'holds what X-Polaris-Token is')
    .option('--polaris-ttl <seconds>', 'between heartbeats; default: 10', numberBetween(1, 60))
    .option('--no-leader-election', 'nobody else is there: for one process on a desk')
    .option(
      '--lease-namespace <name>',
      "namespace of the election's Lease; default: the pod's, or the kubeconfig's",
    )
    .option('--http-host <address>', 'where /livez, /readyz and /metrics are served', '0.0.0.0')
    .option('--http-port <number>', 'their port', numberBetween(0, 65_535), 8081)
    .option('--console', 'serve the console there too, to those whose token may list what it shows')
    .option(
      '--time-scale <factor>',
      'shrinks the times of the connection budget: for tests and demos, never for a real registry',
      numberBetween(0.001, 1),
      1,
    );
  return addClusterOptions(command).action(run);
}

function labelsOf(text: string): Record<string, string> {
  const terms = text.split(',').map((term) => term.split('='));
  if (terms.some((term) => term.length !== 2 || term[0] === '')) {
    throw new InvalidArgumentError('It must be labels such as kubernetes.io/metadata.name=monitoring,a=b.');
  }
  return Object.fromEntries(terms);
}

function networkPolicies({
  networkPolicies: mode,
  monitoringNamespaces: namespaces,
  monitoringPods: pods,
}: Options): Pick<OperatorOptionsInput, 'networkPolicies'> {
  if (pods !== undefined && namespaces === undefined) {
    throw new Error('--monitoring-pods goes with --monitoring-namespaces: name the namespaces of these pods');
  }
  if (namespaces !== undefined && mode !== 'keep') {
    throw new Error('--monitoring-namespaces goes with --network-policies keep');
  }
  if (mode === undefined) return {};
  const monitoring = namespaces && { namespaces, ...(pods && { pods }) };
  return { networkPolicies: mode === 'keep' ? { mode, monitoring } : { mode } };
}

async function run(options: Options): Promise<void> {
  // It keeps much for long and is seldom busy: a heap that grows by less is worth more collections.
  setFlagsFromString('--optimize-for-size');
  const log = createLog({ name: 'operator', level: options.logLevel });
  const stop = shutdownSignal(process);
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const { client, config } = await connect(options, { log, metrics });
  // Of its own: the election must not wait behind other requests.
  const election = await connect(options, { log, metrics: new Registry() });
  const home = options.leaseNamespace ?? process.env.POD_NAMESPACE ?? config.namespace ?? 'default';
  const operator = createOperator(
    {
      client,
      electionClient: election.client,
      clock: systemClock,
      log,
      metrics,
      alongside: options.polarisUrl === undefined ? [] : [await polaris(options, { client, log, metrics })],
    },
    operatorInput(options, home),
  );
  const app = createHttpServer({
    metrics,
    sickness: () => operator.health.livez(),
    readiness: () => {
      const reason = operator.health.readyz();
      return { ready: reason === undefined, reasons: reason === undefined ? [] : [reason] };
    },
  });
  const console = options.console
    ? await (await import('./operator-console.ts')).addOperatorConsole(app, options, log)
    : undefined;
  const { url } = await listen(app, { host: options.httpHost, port: options.httpPort });
  log.info({ url }, 'health and metrics are served');
  try {
    // Who lost the lead starts anew: a process that led may not go on with what it believed.
    if ((await operator.run(stop)) === 'lost') process.exitCode = 1;
  } finally {
    await Promise.allSettled([app.close(), console?.close(), client.close(), election.client.close()]);
  }
}

/** What registers instances with Polaris while the operator leads. Throws a ZodError over flags that cannot be right. */
async function polaris(
  { polarisUrl, polarisNamespace, polarisService, polarisTokenFile, polarisTtl, ...options }: Options,
  { client, log, metrics }: { client: KubeClient; log: Log; metrics: Registry },
): Promise<(signal: AbortSignal) => Promise<void>> {
  const { polarisMetrics, runPolaris } = await import('../polaris/polaris.ts');
  const { polarisOptions } = await import('../polaris/options.ts');
  const where = polarisOptions.parse({
    url: polarisUrl,
    namespace: polarisNamespace,
    service: polarisService,
    tokenFile: polarisTokenFile,
    ttlSeconds: polarisTtl,
  });
  const dependencies = {
    client,
    clock: systemClock,
    log,
    metrics: polarisMetrics(metrics),
    namespace: options.namespace,
    // Another operator takes over within seconds: callers must not be without instances meanwhile
    deregisterAtEnd: !options.leaderElection,
  };
  return (signal) => runPolaris(dependencies, where, signal);
}

function operatorInput(options: Options, home: string): OperatorOptionsInput {
  const { POD_NAME, POD_NAMESPACE } = process.env;
  return {
    identity: `${POD_NAME ?? hostname()}_${randomUUID()}`,
    leaderElection: options.leaderElection && { namespace: home },
    timeScale: options.timeScale,
    ...(options.namespace !== undefined && { namespace: options.namespace }),
    ...(options.image !== undefined && { image: options.image }),
    ...(options.egressImage !== undefined && {
      egressImage: options.egressImage === 'none' ? false : options.egressImage,
    }),
    ...networkPolicies(options),
    ...(POD_NAME && POD_NAMESPACE && { pod: { namespace: POD_NAMESPACE, name: POD_NAME } }),
  };
}
