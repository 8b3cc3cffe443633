import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src/', import.meta.url));

/** What each folder of src may import, besides itself. Types count: a type that leaks is a dependency too. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  lib: [],
  kube: ['lib'],
  routing: ['lib'],
  epp: ['lib'],
  api: ['lib', 'kube', 'routing', 'epp/profiles/names.ts'],
  budget: ['lib', 'kube', 'routing', 'epp', 'api'],
  adapter: ['lib', 'kube', 'routing', 'epp', 'api', 'budget'],
  gateway: ['lib', 'kube', 'routing', 'epp', 'api', 'budget'],
  operator: ['lib', 'kube', 'routing', 'api', 'budget'],
  overview: ['lib', 'kube', 'api', 'budget', 'operator'],
  console: ['lib', 'kube', 'api', 'overview'],
  plan: ['lib', 'kube', 'routing', 'api', 'budget', 'operator'],
  polaris: ['lib', 'kube', 'routing', 'api'],
  simulator: ['lib', 'epp'],
  embedded: ['lib', 'kube', 'routing', 'epp', 'api', 'budget', 'adapter', 'gateway', 'operator', 'simulator'],
  commands: [
    'lib',
    'kube',
    'routing',
    'epp',
    'api',
    'budget',
    'adapter',
    'gateway',
    'operator',
    'overview',
    'console',
    'plan',
    'polaris',
    'simulator',
    'embedded',
  ],
  'main.ts': ['commands'],
  'kubectl-eppset.ts': ['commands'],
};

const IMPORT =
  /(?:^|[\s;])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gm;

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8');
  return [...text.matchAll(IMPORT)].map((match) => ({
    file,
    target: match[1] ?? match[2] ?? match[3] ?? '',
    typeOnly: /^\s*(import|export)\s+type\s/.test(match[0]),
  }));
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const imports = files.flatMap(importsOf);
const roomOf = (file: string): string => file.split('/')[0] ?? file;

/** The path below src that a relative import reaches. */
const targetOf = (entry: Import): string => relative(src, resolve(src, dirname(entry.file), entry.target));

describe('imports', () => {
  it('sees the imports there are', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.filter((entry) => entry.target.startsWith('.')).length).toBeGreaterThan(files.length);
  });

  it('run one way between the folders of src', () => {
    const wrong = imports
      .filter((entry) => entry.target.startsWith('.'))
      .filter((entry) => {
        const [from, target] = [roomOf(entry.file), targetOf(entry)];
        if (roomOf(target) === from) return false;
        return !MAY_IMPORT[from]?.some((allowed) => target === allowed || roomOf(target) === allowed);
      })
      .map((entry) => `${entry.file} imports ${targetOf(entry)}`);
    expect(wrong).toEqual([]);
  });

  it('load the Kubernetes client library in src/kube alone, and only when it is needed', () => {
    const wrong = imports
      .filter((entry) => entry.target.startsWith('@kubernetes/client-node') && !entry.typeOnly)
      .filter((entry) => !(roomOf(entry.file) === 'kube' && isDynamic(entry)));
    expect(wrong).toEqual([]);
  });

  it('go round in no circle of files', () => {
    expect(circles()).toEqual([]);
  });
});

function isDynamic(entry: Import): boolean {
  return new RegExp(`import\\(\\s*['"]${entry.target}`).test(readFileSync(join(src, entry.file), 'utf8'));
}

/** Circles of imports that exist at run time. */
function circles(): string[] {
  const next = new Map<string, string[]>();
  for (const entry of imports) {
    if (entry.typeOnly || !entry.target.startsWith('.')) continue;
    next.set(entry.file, [...(next.get(entry.file) ?? []), targetOf(entry)]);
  }
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) {
      found.push([...path.slice(at), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const target of next.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}
