/** What the commands of the documents find: the programs in PATH, and `eppset`. */
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ROOT } from './documents.ts';

export interface DocsEnvironment extends AsyncDisposable {
  env: Record<string, string | undefined>;
  cwd: string;
}

/**
 * @param programs further programs by their name in PATH, such as kubectl
 * @param variables over those of this process; no cluster is known without KUBECONFIG
 */
export async function docsEnvironment(
  programs: Readonly<Record<string, string>> = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<DocsEnvironment> {
  const bin = await mkdtemp(join(tmpdir(), 'eppset-docs-bin-'));
  const eppset = join(bin, 'eppset');
  await writeFile(eppset, `#!/bin/sh\nexec '${process.execPath}' '${ROOT}src/main.ts' "$@"\n`);
  await chmod(eppset, 0o755);
  for (const [name, path] of Object.entries(programs)) {
    // What is in PATH is found as it is
    if (isAbsolute(path)) await symlink(path, join(bin, name));
  }
  const { NODE_OPTIONS: _, ...own } = process.env;
  return {
    cwd: ROOT,
    env: {
      ...own,
      KUBECONFIG: join(bin, 'no-cluster'),
      ...variables,
      PATH: `${bin}:${ROOT}node_modules/.bin:${process.env.PATH}`,
      NO_COLOR: '1',
    },
    [Symbol.asyncDispose]: () => rm(bin, { recursive: true, force: true }),
  };
}
