import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { renderCrds } from '../../src/api/crd/render.ts';
import { crdsCommand } from '../../src/commands/crds.ts';

const folders: string[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

describe('eppset crds', () => {
  it('writes one file a kind into a folder that it makes', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'crds-'));
    folders.push(parent);
    const out = join(parent, 'a', 'b');
    await crdsCommand().parseAsync(['--out', out], { from: 'user' });
    const written = await Promise.all(
      (await readdir(out)).map(
        async (name): Promise<[string, string]> => [name, await readFile(join(out, name), 'utf8')],
      ),
    );
    expect(new Map(written.sort())).toEqual(renderCrds());
  });

  it('prints all of them as one YAML stream', async () => {
    let printed = '';
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    try {
      await crdsCommand().parseAsync([], { from: 'user' });
    } finally {
      stdout.mockRestore();
    }
    const kinds = parseAllDocuments(printed).map((document) => document.getIn(['spec', 'names', 'kind']));
    expect(kinds).toEqual([
      'EppConnectionLease',
      'EppConnectionLedger',
      'EppGateway',
      'EppRegistry',
      'EppSet',
    ]);
  });
});
