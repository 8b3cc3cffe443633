import { Command, Option } from 'commander';
import { Registry } from 'prom-client';
import { readSourcedManifests } from '../embedded/manifests.ts';
import type { Reader } from '../kube/interfaces.ts';
import { createLog } from '../lib/log.ts';
import type { Desired } from '../operator/apply/owned-objects.ts';
import type { SetObjectsOptions } from '../operator/specs/set-objects.ts';
import { applied } from '../plan/applied.ts';
import { podsAsMade } from '../plan/as-made.ts';
import { liveObjects } from '../plan/changes.ts';
import { lookAtSecrets, readCluster, secretProblemsAfter, secretProblemsTold } from '../plan/cluster.ts';
import { type CheckedManifests, checkManifests } from '../plan/manifests.ts';
import { type FullPlan, forbiddenChanges, planOf } from '../plan/plan.ts';
import { stateOf } from '../plan/state.ts';
import { type Paint, plain, planText } from '../plan/text.ts';
import { addClusterOptions, type ClusterOptions, connect } from './cluster-options.ts';

interface Options extends ClusterOptions {
  filename: string[];
  before?: string[];
  againstCluster?: boolean;
  prune?: boolean;
  namespace?: string;
  image?: string;
  output: 'text' | 'json';
}

/** As of `terraform plan -detailed-exitcode`. */
const EXIT_CODES = { NoChanges: 0, Refused: 1, Changes: 2 } as const;
/** Stands for the image where there is nothing to read it off. */
const SOME_IMAGE = 'eppset';

export function planCommand(): Command {
  const command = new Command('plan')
    .description('what applying manifests would change, object by object and connection by connection')
    .requiredOption('-f, --filename <path...>', 'manifests: files, folders, or - for standard input')
    .option(
      '--before <path...>',
      'compare with these manifests, as of another checkout; default: with nothing',
    )
    .option('--against-cluster', 'compare with what runs; only reads')
    .option('--prune', 'with --against-cluster: sets, accounts and gateways that are not in the manifests go')
    .option('-n, --namespace <name>', "of manifests that say none; default: the kubeconfig's, or default")
    .option('--image <name>', 'image of adapters and gateways; default: that of those that run')
    .addOption(new Option('-o, --output <form>').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      '\nExit code: 0 nothing changes, 2 something does, 1 an error, or a change that is refused.',
    );
  return addClusterOptions(command).action(run);
}

async function run(options: Options): Promise<void> {
  if (options.againstCluster && options.before)
    throw new Error('--before and --against-cluster are two things to compare with: choose one');
  if (options.prune && !options.againstCluster)
    throw new Error(
      '--prune needs --against-cluster: what is not in the manifests of both sides goes anyway',
    );
  const plan = options.againstCluster ? await againstCluster(options) : await offline(options);
  if (plan === undefined) {
    process.exitCode = 1;
    return;
  }
  const { writes: _, ...told } = plan;
  process.stdout.write(
    options.output === 'json'
      ? `${JSON.stringify(told, undefined, 2)}\n`
      : planText(told, paintOf(process.stdout)),
  );
  process.exitCode = EXIT_CODES[plan.result];
}

async function offline(options: Options): Promise<FullPlan | undefined> {
  const namespace = options.namespace ?? 'default';
  const now = new Date();
  const was = await manifestsAt(options.before ?? [], namespace);
  const is = await manifestsAt(options.filename, namespace);
  if (was.resources.length === 0) demandSome(is, options);
  const nothing = stateOf([]);
  const before = applied(nothing, was.resources, { now: new Date(0) });
  const after = applied(before, is.resources, { now, prune: true });
  if (complained([...was.errors, ...is.errors, ...forbiddenChanges(before, after)])) return undefined;
  return planOf({ before, after, pods: podsOf(options), now });
}

async function againstCluster(options: Options): Promise<FullPlan | undefined> {
  const log = createLog({ name: 'plan', level: options.logLevel, destination: process.stderr });
  const { client, config } = await connect(options, { log, metrics: new Registry() });
  try {
    const namespace = options.namespace ?? config.namespace ?? 'default';
    const manifests = await manifestsAt(options.filename, namespace);
    if (complained(manifests.errors)) return undefined;
    demandSome(manifests, options);
    return await compared(client, manifests, options);
  } finally {
    await client.close();
  }
}

async function compared(
  client: Pick<Reader, 'get' | 'list'>,
  { resources, secrets }: CheckedManifests,
  options: Options,
): Promise<FullPlan | undefined> {
  const now = new Date();
  const namespaces = [...new Set(resources.map(({ metadata }) => metadata.namespace ?? ''))].sort();
  const { state: before, owned } = await readCluster(client, namespaces);
  const after = applied(before, resources, { now, ...(options.prune && { prune: true }) });
  if (complained(forbiddenChanges(before, after))) return undefined;
  const told = secretProblemsTold(before);
  const look = await lookAtSecrets(client, resources, secrets);
  const made = podsAsMade(owned);
  const planWith = (live: readonly Desired[]): FullPlan =>
    planOf({
      before,
      after,
      live: liveObjects(live),
      pods: podsOf(options, made),
      secretProblems: { before: told, after: secretProblemsAfter(told, look) },
      now,
    });
  const first = planWith(owned);
  const strange = await strangersAt(client, first.writes);
  const plan = strange.length === 0 ? first : planWith([...owned, ...strange]);
  const notes = [
    ...(look.unknown.length > 0
      ? [
          `whether these Secrets are there is not known, since they may not be read: ${look.unknown.join(', ')}`,
        ]
      : []),
    ...(made === undefined && options.image === undefined
      ? ['no pod runs whose image could be taken: image names are made up']
      : []),
  ];
  return { ...plan, warnings: [...plan.warnings, ...notes.map((message) => ({ message }))] };
}

/** What has a name that is needed and not our labels. */
async function strangersAt(client: Pick<Reader, 'get'>, writes: FullPlan['writes']): Promise<Desired[]> {
  const created = writes.filter(({ action }) => action === 'create');
  const found = await Promise.all(
    created.map(async ({ resource, namespace, name }) => ({
      resource,
      object: await client.get(resource, { namespace, name }),
    })),
  );
  return found.flatMap(({ resource, object }) => (object === undefined ? [] : [{ resource, object }]));
}

function podsOf({ image }: Options, made?: SetObjectsOptions): SetObjectsOptions {
  return { timeScale: 1, image: SOME_IMAGE, ...made, ...(image !== undefined && { image }) };
}

async function manifestsAt(paths: readonly string[], namespace: string): Promise<CheckedManifests> {
  const read = await Promise.all(paths.map((path) => readSourcedManifests(path, process.stdin)));
  return checkManifests(read.flat(), namespace);
}

/** A folder that was not meant would otherwise look like a change that changes nothing. */
function demandSome({ resources, errors }: CheckedManifests, { filename }: Options): void {
  if (resources.length + errors.length > 0) return;
  throw new Error(
    `there is no EppRegistry, EppSet or EppGateway in ${filename.join(', ')}: name other manifests`,
  );
}

/** True when there was something to say. */
function complained(errors: readonly string[]): boolean {
  for (const error of errors) process.stderr.write(`eppset: ${error}\n`);
  return errors.length > 0;
}

const CODES = { red: 31, green: 32, yellow: 33, bold: 1 } as const;

/** After https://no-color.org. */
function paintOf(stream: { isTTY?: boolean }): Paint {
  if (!stream.isTTY || process.env.NO_COLOR) return plain;
  return (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}
