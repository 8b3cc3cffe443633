/**
 * Writes what is installed, from one source: `manifests/install.yaml` for kubectl, and the templates of the Helm chart.
 *
 *   node scripts/manifests.ts           writes
 *   node scripts/manifests.ts --check   fails when a file is not what it would write
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chartTemplates } from './manifests/chart.ts';
import { installManifest } from './manifests/install.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The files by their path in the checkout. */
export async function generatedManifests(): Promise<Map<string, string>> {
  const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as { version: string };
  const templates = [...chartTemplates()].map(([path, text]): [string, string] => [
    `charts/eppset/${path}`,
    text,
  ]);
  return new Map([['manifests/install.yaml', installManifest(version)], ...templates]);
}

/** Paths of files that are missing or not as they would be written. */
export async function staleManifests(): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, text] of await generatedManifests()) {
    const there = await readFile(root + path, 'utf8').catch(() => undefined);
    if (there !== text) stale.push(path);
  }
  return stale;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--check')) {
    const stale = await staleManifests();
    for (const path of stale) console.error(`${path} is stale: run \`make crds\``);
    process.exitCode = stale.length === 0 ? 0 : 1;
    return;
  }
  for (const [path, text] of await generatedManifests()) {
    await mkdir(dirname(root + path), { recursive: true });
    await writeFile(root + path, text);
    console.log(path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
