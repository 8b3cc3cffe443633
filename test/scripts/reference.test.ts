import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CONDITIONS, EVENTS } from '../../scripts/reference/conditions.ts';
import { REFERENCE_DOCUMENT, referenceDocument } from '../../scripts/reference.ts';
import { KINDS } from '../../src/api/v1alpha1/kinds.ts';

const source = ['operator', 'budget', 'routing']
  .flatMap((folder) => {
    const root = new URL(`../../src/${folder}/`, import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
    return files
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(new URL(file, root), 'utf8'));
  })
  .join('\n');
const conditions = Object.values(CONDITIONS).flat();

it('docs/reference.md is what the schemas say; else run `node scripts/reference.ts`', () => {
  expect(readFileSync(REFERENCE_DOCUMENT, 'utf8')).toBe(referenceDocument());
});

it('has every field that people may set', () => {
  const document = referenceDocument();
  for (const { resource } of KINDS) expect(document).toContain(`## ${resource.kind}\n`);
  for (const field of ['spec.connections.limit', 'spec.pools[].min', 'spec.rollout.steps[].hold'])
    expect(document).toContain(`| \`${field}\` |`);
});

it('has the conditions and events that the operator tells, and no others', () => {
  const reasons = new Set([
    ...conditions.flatMap(({ reasons }) => Object.keys(reasons)),
    ...Object.values(EVENTS).flatMap((events) => Object.keys(events)),
  ]);
  for (const word of [...reasons, ...conditions.map(({ type }) => type)])
    expect(source.includes(`'${word}'`) || new RegExp(`^ +${word}:`, 'm').test(source), word).toBe(true);
  const told = [...source.matchAll(/reason: '([A-Z][A-Za-z]+)'/g)].map(([, reason = '']) => reason);
  expect(told.length).toBeGreaterThan(30);
  expect([...new Set(told)].filter((reason) => !reasons.has(reason))).toEqual([]);
});
