import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { renderCrds } from '../api/crd/render.ts';

/** `eppset crds`: the custom resource definitions, made from the schemas that the program itself runs on. */
export function crdsCommand(): Command {
  return new Command('crds')
    .description('prints the custom resource definitions')
    .option('--out <dir>', 'write one file a kind into this folder instead of all to stdout')
    .action(async ({ out }: { out?: string }) => {
      const files = renderCrds();
      if (out === undefined) {
        process.stdout.write([...files.values()].join('---\n'));
        return;
      }
      await mkdir(out, { recursive: true });
      for (const [name, text] of files) await writeFile(join(out, name), text);
    });
}
