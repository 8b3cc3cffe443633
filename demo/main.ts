/**
 * `make demo`: plays the story where CLUSTER says (kind, current, embedded), prints a summary and writes it to out/demo.json.
 * `make up` and `make down`: the same cast on a kind cluster, left running and removed.
 */
import { messageOf } from '../src/lib/errors.ts';
import { NAMESPACE } from './place.ts';
import { chooseCluster, openPlace } from './places.ts';
import { play } from './story.ts';
import { summaryText, writeSummary } from './summary.ts';

/** The process was started a little after `make demo` was typed; its own start is as near as it can see. */
const typedAtMs = 0;

async function demo(): Promise<number> {
  const cluster = await chooseCluster(process.env.CLUSTER);
  console.log(cluster.why);
  const place = await openPlace(cluster.name, { keep: false });
  try {
    const summary = await play(place, typedAtMs);
    console.log(summaryText(summary));
    await writeSummary(summary, 'out/demo.json');
    await writeSummary(summary, `out/demo-${place.name}.json`);
    console.log('figures: out/demo.json');
    return summary.problems.length === 0 ? 0 : 1;
  } finally {
    await place.close();
  }
}

async function up(): Promise<number> {
  const place = await openPlace('kind', { keep: true });
  console.log(`\nrunning in namespace ${NAMESPACE}; look around with\n`);
  for (const hint of place.hints()) console.log(`  ${hint}`);
  console.log('\n`make down` removes it');
  await place.close();
  return 0;
}

async function down(): Promise<number> {
  const { removeKind } = await import('./place-kind.ts');
  await removeKind();
  return 0;
}

const COMMANDS: Record<string, () => Promise<number>> = { demo, up, down };

async function main(argv: readonly string[]): Promise<number> {
  const command = COMMANDS[argv[0] ?? 'demo'];
  if (!command) throw new Error(`no such command: ${argv[0]}; there are ${Object.keys(COMMANDS).join(', ')}`);
  return command();
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const cause = error instanceof Error && error.cause ? ` (${messageOf(error.cause)})` : '';
  console.error(`demo: ${messageOf(error)}${cause}`);
  process.exitCode = 1;
}
