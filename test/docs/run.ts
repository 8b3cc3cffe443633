/**
 * Runs the commands of documents by hand:
 *
 *   node test/docs/run.ts local                        of all documents
 *   node test/docs/run.ts cluster docs/five-phases.md  on the cluster of KUBECONFIG, which has the samples (make up)
 */
import { toStderr } from '../cluster/progress.ts';
import { kubectlPath } from '../cluster/tools.ts';
import { PLACES } from './blocks.ts';
import { allBlocks } from './documents.ts';
import { docsEnvironment } from './environment.ts';
import { localStage } from './local-stage.ts';
import { runDocs } from './run-docs.ts';

async function main([name, ...documents]: readonly string[]): Promise<number> {
  const place = PLACES.find((known) => known === name);
  if (place !== 'cluster' && place !== 'local') {
    console.error('say where: local, or cluster (of KUBECONFIG); and which documents, else all');
    return 2;
  }
  const { KUBECONFIG } = process.env;
  if (place === 'cluster' && KUBECONFIG === undefined) {
    console.error('KUBECONFIG must name the cluster: `make up` prints it');
    return 2;
  }
  await using environment =
    place === 'local'
      ? await localStage()
      : await docsEnvironment({ kubectl: await kubectlPath(toStderr) }, { KUBECONFIG: KUBECONFIG ?? '' });
  const blocks = allBlocks().filter(({ document }) => documents.length === 0 || documents.includes(document));
  const runs = await runDocs(place, environment, blocks);
  for (const { document, passed, blocks: all, seconds, failure } of runs) {
    console.log(`${document}: ${passed} of ${all} in ${seconds} s`);
    if (failure !== undefined) console.log(failure);
  }
  return runs.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
