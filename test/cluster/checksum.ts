/** Names for built things, by what they are built from. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Order of the parts counts, and each is bounded: `['ab', 'c']` is not `['a', 'bc']`. */
export function checksumOf(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex').slice(0, 16);
}

/** Every file under the paths (files or folders, relative to `root`): names and contents, in a fixed order. */
export function filesOf(root: string, paths: readonly string[]): (string | Buffer)[] {
  const parts: (string | Buffer)[] = [];
  for (const path of [...paths].sort()) {
    const full = join(root, path);
    if (statSync(full).isDirectory()) {
      parts.push(
        ...filesOf(
          root,
          readdirSync(full).map((name) => `${path}/${name}`),
        ),
      );
    } else {
      parts.push(path, readFileSync(full));
    }
  }
  return parts;
}
