/**
 * Bundles src/main.ts into dist/: `eppset.js`, the kubectl plugin, and one chunk a subcommand, so that an adapter never parses the
 * operator's code.
 * No package is needed at run time. The same sources give the same bytes.
 */
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleConsolePage } from './console-page.ts';
import { sbom } from './sbom.ts';

/** Beside the bundle: what it is made of. The label of the image names it. */
export const SBOM = 'sbom.cdx.json';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param folder is emptied first */
export async function bundle(folder: string): Promise<void> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  await rm(folder, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { eppset: 'src/main.ts', 'kubectl-eppset': 'src/kubectl-eppset.ts' },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // A package's ES module where it has one: of a CommonJS file an import() in a bundle sees the default export alone.
    mainFields: ['module', 'main'],
    sourcemap: 'linked',
    sourcesContent: false,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    chunkNames: 'chunks/[name]-[hash]',
    define: { EPPSET_VERSION: JSON.stringify(version) },
    // Packages written for CommonJS call require for Node's own modules.
    banner: {
      js: "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url);",
    },
    logLevel: 'warning',
    metafile: true,
  });
  await writeFile(join(folder, SBOM), await sbom(root, metafile));
  await bundleConsolePage(join(folder, 'console/page'));
  for (const program of ['eppset.js', 'kubectl-eppset.js']) await chmod(join(folder, program), 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(join(root, 'dist'));
