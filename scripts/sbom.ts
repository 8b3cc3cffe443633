/** What a bundle is made of, as CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/): npm's own list, less what the bundle has not taken. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';

const exec = promisify(execFile);

interface Bom {
  serialNumber?: string;
  metadata: { timestamp?: string; tools?: unknown; component: { 'bom-ref': string } };
  components: { name: string; 'bom-ref': string }[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

/** The same sources give the same text: what names the moment or the tool is left out. */
export async function sbom(checkout: string, { inputs }: Metafile): Promise<string> {
  const { stdout } = await exec(
    'npm',
    ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--omit=dev'],
    { cwd: checkout, maxBuffer: 64 * 1024 * 1024 },
  );
  const bom = JSON.parse(stdout) as Bom;
  const bundled = packagesIn(Object.keys(inputs));
  const components = bom.components.filter(({ name }) => bundled.has(name));
  const refs = new Set([...components, bom.metadata.component].map((component) => component['bom-ref']));
  const { serialNumber: _, metadata, ...rest } = bom;
  const { timestamp: __, tools: ___, ...said } = metadata;
  return `${JSON.stringify(
    {
      ...rest,
      metadata: said,
      components,
      dependencies: bom.dependencies
        .filter(({ ref }) => refs.has(ref))
        .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((on) => refs.has(on)) })),
    },
    undefined,
    1,
  )}\n`;
}

/** Names of packages by the files that were bundled. */
function packagesIn(files: readonly string[]): Set<string> {
  const names = files.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  return new Set(names.filter((name) => name !== undefined));
}
