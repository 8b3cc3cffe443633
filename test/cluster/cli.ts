/**
 * The test cluster for people: `node test/cluster/cli.ts help`. What is asked for goes to standard output, what happens to standard error.
 */
import { parseArgs } from 'node:util';
import { binaries } from './api.ts';
import { availability, type Tier } from './availability.ts';
import { clean } from './clean.ts';
import { allRecords, kubeconfigOfCluster } from './cluster-records.ts';
import { engine, ownEngine, runningEngine, stopEngine } from './engine.ts';
import { cacheRoot, stateRoot } from './folders.ts';
import { buildImage, sizeOf } from './image.ts';
import { createCluster, deleteCluster, type KindCluster, openCluster } from './kind.ts';
import { localNodeImage, nodeImage, nodeImageMissing } from './node-image.ts';
import { isRunning } from './processes.ts';
import { toStderr } from './progress.ts';
import { helmPath, kindPath, kubectlPath } from './tools.ts';

const HELP = `node test/cluster/cli.ts COMMAND

  available [api|kind]        what can be had here, and why something cannot; exit code 1 if anything cannot
  prepare api|kind            installs, pulls and builds all that the tier needs; quick when all is there
  up [--nodes 2]              a kind cluster that stays (--name, default eppset)
  down                        removes it (--name)
  image                       builds our own image eppset:dev
  load [IMAGE]                brings an image into the cluster's nodes (--name; default: our own, built first)
  kubeconfig                  prints the path of the cluster's kubeconfig (--name)
  status                      what is there and what runs
  engine start|stop           the container engine of the test cluster's own, where no other runs
  clean                       removes clusters, engine, images, caches: everything that was ever made here

A tier is api (etcd, kube-apiserver and kube-controller-manager as processes) or kind (containers). More: docs/test-cluster.md`;

const TIERS: readonly Tier[] = ['api', 'kind'];
const progress = toStderr;

class UsageError extends Error {}

interface Arguments {
  operands: string[];
  name: string;
  nodes: 1 | 2;
}

const COMMANDS: Record<string, (given: Arguments) => Promise<number>> = {
  help: async () => say(HELP),
  available,
  prepare,
  up: async ({ name, nodes }) => {
    const { kubeconfigPath, created } = await createCluster({ name, nodes, keep: true, progress });
    progress.line(`the cluster ${name} ${created ? 'is there' : 'was there already'}`);
    return say(`export KUBECONFIG=${kubeconfigPath}`);
  },
  down: async ({ name }) => {
    progress.line(
      (await deleteCluster(name)) ? `the cluster ${name} is removed` : `there is no cluster ${name}`,
    );
    return 0;
  },
  image: async () => {
    const found = await engine(progress);
    const { image, tag, built } = await buildImage(found, progress);
    progress.line(built ? `built, ${await sizeOf(found, image)}` : 'nothing changed since it was built');
    return say(`${tag} ${image}`);
  },
  load: async ({ name, operands }) => {
    const cluster = await mustOpen(name);
    const image = operands[0] ?? (await buildImage(cluster.engine, progress)).image;
    await cluster.loadImage(image);
    // The name that samples and charts use; the nodes share its layers.
    if (operands[0] === undefined) await cluster.loadImage('eppset:dev');
    return say(image);
  },
  kubeconfig: async ({ name }) => say((await mustOpen(name)).kubeconfigPath),
  status,
  engine: async ({ operands: [what] }) => {
    if (what === 'start') return say((await engine(progress)).where);
    if (what !== 'stop') throw new UsageError('engine start, or engine stop');
    return say((await stopEngine()) ? 'stopped' : 'the test cluster has no engine of its own that runs');
  },
  clean: async () => {
    await clean(progress);
    return 0;
  },
};

function say(text: string): number {
  console.log(text);
  return 0;
}

function tierOf(text: string | undefined): Tier {
  const tier = TIERS.find((name) => name === text);
  if (!tier) throw new UsageError(`${text ?? 'nothing'} is no tier: api or kind`);
  return tier;
}

async function available({ operands }: Arguments): Promise<number> {
  let missing = 0;
  for (const tier of operands.length > 0 ? operands.map(tierOf) : TIERS) {
    const can = await availability(tier);
    console.log(can.ok ? `${tier}: yes` : `${tier}: no, ${can.why}`);
    if (!can.ok) missing++;
  }
  return missing > 0 ? 1 : 0;
}

async function prepare({ operands: [text] }: Arguments): Promise<number> {
  if (tierOf(text) === 'api') {
    progress.line(`the API server's executables: ${await binaries(progress)}`);
    progress.line(`helm: ${await helmPath(progress)}`);
    return 0;
  }
  const found = await engine(progress);
  const { image } = await nodeImage(found, progress);
  await kindPath(progress);
  await kubectlPath(progress);
  await helmPath(progress);
  progress.line(`kind is ready: ${found.where}, nodes run ${image}`);
  return 0;
}

async function mustOpen(name: string): Promise<KindCluster> {
  const cluster = await openCluster(name, progress);
  if (!cluster) throw new Error(`no cluster ${name} runs: node test/cluster/cli.ts up --name ${name}`);
  return cluster;
}

async function status(): Promise<number> {
  const found = await runningEngine();
  const image = found && (await localNodeImage(found));
  const missing = nodeImageMissing();
  console.log(`engine:    ${found ? found.where : 'none runs'}`);
  console.log(
    `node image: ${image ? image.image : `not there (to build: ${missing.join(', ') || 'it alone'})`}`,
  );
  for (const { name, nodes, ports, owner, complete } of allRecords()) {
    const state = complete ? `${nodes} node(s)` : 'unfinished';
    const led = ports.map(({ hostPort, nodePort }) => `127.0.0.1:${hostPort} → ${nodePort}`).join(', ');
    const whose = owner ? `of ${isRunning(owner) ? 'the running' : 'the dead'} process ${owner.pid}` : 'kept';
    console.log(`cluster:   ${[name, state, whose, led].filter(Boolean).join(', ')}`);
    console.log(`           ${kubeconfigOfCluster(name)}`);
  }
  console.log(`caches:    ${cacheRoot()}`);
  console.log(`state:     ${stateRoot()}${found?.own ? ` and ${ownEngine().runtime}` : ''}`);
  return 0;
}

async function main(argv: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { name: { type: 'string' }, nodes: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [command = 'help', ...operands] = positionals;
  const run = values.help ? COMMANDS.help : COMMANDS[command];
  if (!run) throw new UsageError(`there is no command ${command}`);
  const nodes = values.nodes === undefined ? 1 : Number(values.nodes);
  if (nodes !== 1 && nodes !== 2) throw new UsageError(`--nodes ${values.nodes}: 1 or 2`);
  return run({ operands, name: values.name ?? 'eppset', nodes });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const usage =
    error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  console.error(usage ? `${(error as Error).message}\n\n${HELP}` : (error as Error).message);
  process.exitCode = usage ? 2 : 1;
}
