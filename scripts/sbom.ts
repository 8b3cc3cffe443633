/** What a bundle is made of, as CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/): the packages whose files went in, as package-lock.json has them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** Of package-lock.json (https://docs.npmjs.com/cli/configuring-npm/package-lock-json#packages), what is told here. */
interface Locked {
  name?: string;
  version: string;
  license?: string;
  integrity?: string;
}

/** The same sources give the same text: nothing in it names the moment or the tool. */
export async function sbom(checkout: string, { inputs }: Metafile): Promise<string> {
  const { name, version, packages } = JSON.parse(
    await readFile(join(checkout, 'package-lock.json'), 'utf8'),
  ) as { name: string; version: string; packages: Record<string, Locked> };
  const components = foldersIn(Object.keys(inputs)).map((folder) => {
    const locked = packages[folder];
    if (locked === undefined)
      throw new Error(`${folder} is in the bundle and not in package-lock.json: run npm install`);
    return component(locked.name ?? folder.replace(/.*node_modules\//, ''), locked);
  });
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', name, version, purl: `pkg:npm/${name}@${version}` } },
    components,
  };
  return `${JSON.stringify(bom, undefined, 1)}\n`;
}

function component(name: string, { version, license, integrity }: Locked) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    // https://w3c.github.io/webappsec-subresource-integrity: base64, where CycloneDX wants hexadecimal.
    ...(integrity?.startsWith('sha512-') && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice(7), 'base64').toString('hex') }],
    }),
    ...(license !== undefined && { licenses: [{ expression: license }] }),
  };
}

/** Packages' folders, as package-lock.json names them. */
function foldersIn(files: readonly string[]): string[] {
  const folders = files.map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}
