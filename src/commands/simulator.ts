import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { systemClock } from '../lib/clock.ts';
import { createLog, LOG_LEVELS, type LogLevel } from '../lib/log.ts';
import { shutdownSignal } from '../lib/shutdown.ts';
import { demoSecrets } from '../simulator/demo-secrets.ts';
import { loadSimulatorFile } from '../simulator/file.ts';
import { startSimulator } from '../simulator/server.ts';

export function simulatorCommand(): Command {
  return new Command('simulator')
    .description('an EPP registry that counts sessions, for demos, tests and benchmarks')
    .addCommand(
      new Command('run')
        .description('serves EPP over TLS, and its counters over HTTP')
        .requiredOption('--config <file>', 'the YAML file of the simulator')
        .addOption(new Option('--log-level <level>').choices(LOG_LEVELS).default('info'))
        .action(run),
      { isDefault: true },
    )
    .addCommand(
      new Command('secrets')
        .description(
          'prints Secrets for simulated registries as YAML, made anew at each call: pipe them to kubectl apply',
        )
        .argument('<registry...>', 'names of the registries')
        .option('--namespace <name>', 'namespace of the Secrets', 'eppset-demo')
        .action(printSecrets),
    );
}

async function run(options: { config: string; logLevel: LogLevel }): Promise<void> {
  const log = createLog({ name: 'simulator', level: options.logLevel });
  const stop = shutdownSignal(process);
  const { options: input, certificates } = await loadSimulatorFile(options.config);
  const simulator = await startSimulator(input, { clock: systemClock, log, certificates });
  await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
  await simulator.close();
}

async function printSecrets(registries: string[], options: { namespace: string }): Promise<void> {
  const secrets = await Promise.all(registries.map((registry) => demoSecrets(registry, options.namespace)));
  process.stdout.write(
    secrets
      .flat()
      .map((secret) => `---\n${stringify(secret)}`)
      .join(''),
  );
}
