/** What documents say of the checkout is so: places of commands, targets, files, links, manifests. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { door } from '../../src/api/parse.ts';
import type { Problem } from '../../src/api/problems.ts';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';
import { SUBCOMMANDS } from '../../src/commands/catalogue.ts';
import { readManifests } from '../../src/embedded/manifests.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import { blocksOf, type Place, placeOf } from './blocks.ts';
import { allBlocks, documents, ROOT } from './documents.ts';

const pages = documents();
const blocksAt = (place: Place) => allBlocks().filter((block) => placeOf(block).place === place);
const targets = new Set(
  [...readFileSync(`${ROOT}Makefile`, 'utf8').matchAll(/^([a-z][a-z0-9-]*):/gm)].map(([, name]) => name),
);

describe('commands in documents', () => {
  it.each(pages)('have a place each: $path', ({ path, text }) => {
    const blocks = blocksOf(path, text);
    for (const block of blocks) expect(() => placeOf(block)).not.toThrow();
    // Counted in another way than they are read
    const fences = text.match(/^ *(?:```|~~~) *(?:sh|bash|shell|zsh|console)\b/gm) ?? [];
    const hidden = text.match(/^<!-- *sh\b/gm) ?? [];
    expect(blocks).toHaveLength(fences.length + hidden.length);
  });

  it('that are not run are make targets and programs that are there', () => {
    for (const { document, line, text } of blocksAt('make')) {
      for (const command of text.trim().replaceAll('\\\n', '').split('\n')) {
        const [, target, program] =
          /(?:^|\s)make ([a-z0-9-]+)|(?:^|[\s(])node (\S+\.ts)/.exec(command.replace(/(^|\s)#.*/, '')) ?? [];
        const isThere = targets.has(target) || (program !== undefined && existsSync(ROOT + program));
        const setsUp = /^(?:export|cd) /.test(command);
        expect(isThere || setsUp, `${document}:${line}: ${command}`).toBe(true);
      }
    }
  });

  it('that a test runs are read by that test', () => {
    for (const block of blocksAt('tested')) {
      const { argument } = placeOf(block);
      expect(existsSync(ROOT + argument), `${block.document}:${block.line}`).toBe(true);
      expect(readFileSync(ROOT + argument, 'utf8')).toContain(block.document);
    }
  });
});

it('the example of docs/five-phases.md has objects that the API server would take', async () => {
  const objects = await readManifests(`${ROOT}manifests/five-phases`);
  expect(objects.length).toBeGreaterThan(10);
  expect(objects.flatMap((object) => problemsOf(object))).toEqual([]);
});

it('README leads to every page', () => {
  const linked = [...(pages[0]?.text ?? '').matchAll(/\]\((docs\/[a-z0-9-]+\.md)\)/g)].map(
    ([, link]) => link,
  );
  expect(linked.toSorted()).toEqual(pages.slice(2).map(({ path }) => path));
});

describe.each(pages)('$path', ({ path, text }) => {
  const prose = text.replaceAll(/^ *```[\s\S]*?^ *```/gm, '').replaceAll(/<!--[\s\S]*?-->/g, '');

  it('names make targets and subcommands that there are', () => {
    const named = [...text.matchAll(/`(?:[A-Z_]+=\S+ )?make ([a-z0-9-]+)/g)].map(([, name]) => name);
    expect(named.filter((name) => !targets.has(name))).toEqual([]);
    const known = SUBCOMMANDS.map(({ name }) => name);
    const subcommands = [...prose.matchAll(/`eppset ([a-z]+)/g)].map(([, name = '']) => name);
    expect(subcommands.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('has links that lead somewhere', () => {
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(local.filter((link) => !leadsSomewhere(path, link))).toEqual([]);
  });

  it('has manifests that the API server would take', () => {
    const blocks = [...text.matchAll(/^```yaml[^\n]*\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
    for (const block of blocks.filter((candidate) => /^apiVersion: eppset\.io/m.test(candidate))) {
      for (const document of parseAllDocuments(block)) {
        const object = document.toJS() as KubeObject;
        // A part of an object is shown without its name and what is required beside it
        if (object.metadata?.name !== undefined) expect(problemsOf(object), block).toEqual([]);
      }
    }
  });
});

/** What is wrong with an object of ours; nothing is said of others. */
function problemsOf(object: KubeObject): Problem[] {
  const kind = KINDS.find(({ resource }) => resource.kind === object.kind);
  const read = kind && door(kind)(object, { unknownFields: 'refuse' });
  return read && !read.ok ? read.problems : [];
}

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? from : normalize(join(dirname(from), file));
  if (!existsSync(ROOT + path)) return false;
  return anchor === undefined || anchorsOf(path).has(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(path: string): Set<string> {
  const text = readFileSync(ROOT + path, 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  const slugs = headings.map((heading) =>
    heading
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
  const explicit = [...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id = '']) => id);
  return new Set([...slugs, ...explicit]);
}
