/**
 * Makes the npm package out of the bundle: `out/eppset-VERSION.tgz`. It needs no other package, so that `npx eppset try` has one to fetch.
 *
 *   node scripts/package.ts [FOLDER]      default: out
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundle } from './build.ts';

const exec = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

/** Of package.json, what people of the package need. */
const FIELDS = ['name', 'version', 'description', 'license', 'type', 'engines', 'bin', 'files'];

/** Resolves with the path of the package. */
export async function makePackage(folder: string): Promise<string> {
  const own = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const content = await mkdtemp(join(tmpdir(), 'eppset-package-'));
  try {
    await bundle(join(content, 'dist'));
    const files = (own.files as string[]).filter((file) => file !== 'dist');
    for (const file of [...files, 'README.md', 'LICENSE'])
      await cp(join(root, file), join(content, file), { recursive: true });
    const manifest = Object.fromEntries(FIELDS.map((field) => [field, own[field]]));
    await writeFile(join(content, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
    await mkdir(folder, { recursive: true });
    const { stdout } = await exec('npm', ['pack', '--json', '--pack-destination', folder], { cwd: content });
    const [packed] = JSON.parse(stdout) as [{ filename: string }];
    return join(folder, packed.filename);
  } finally {
    await rm(content, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(await makePackage(process.argv[2] ?? join(root, 'out')));
