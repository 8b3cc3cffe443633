/** The console's page for dist/: one script, one style sheet. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const page = fileURLToPath(new URL('../src/console/page/', import.meta.url));

/** @param folder is made; where `src/console/page-files.ts` looks from a chunk */
export async function bundleConsolePage(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await build({
    absWorkingDir: page,
    entryPoints: ['page.ts', 'page.css'],
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const file of ['index.html', 'icon.svg']) await copyFile(join(page, file), join(folder, file));
}
