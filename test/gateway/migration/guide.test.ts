import { readFileSync } from 'node:fs';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseGateway } from '../../../src/api/parse.ts';
import { migrationMetrics } from '../../../src/gateway/migration/metrics.ts';
import { GATEWAY_PROBLEMS } from '../../../src/gateway/problems.ts';
import { protectionMetrics } from '../../../src/gateway/protection/metrics.ts';

const guide = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8');
const blocks = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => parse(text));
const whole = blocks.find(({ kind }) => kind === 'EppGateway');

describe('docs/migration.md', () => {
  it('has a whole gateway, and parts of its spec for the steps', () => {
    expect(blocks.filter(({ kind }) => kind === 'EppGateway')).toHaveLength(1);
    expect(blocks.length).toBeGreaterThan(5);
  });

  it.each(blocks.map((block, at) => [at + 1, block]))('has YAML that is valid: block %i', (_at, block) => {
    // a part stands for the same gateway with that part of its spec
    const object = { ...whole, spec: { ...whole.spec, ...block.spec } };
    const read = parseGateway(object, { unknownFields: 'refuse' });
    expect(read.ok ? [] : read.problems).toEqual([]);
  });

  it('speaks of metrics and problems that there are', () => {
    const registry = new Registry();
    migrationMetrics(registry);
    protectionMetrics(registry);
    const metrics = new Set(registry.getMetricsAsArray().map(({ name }) => name));
    const named = [...guide.matchAll(/\bepp_[a-z_]+\b/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !metrics.has(name))).toEqual([]);
    const problems = [...guide.matchAll(/`(legacy-[a-z]+|shed)`/g)].map(([, code = '']) => code);
    expect(problems.length).toBeGreaterThan(3);
    expect(problems.filter((code) => !Object.hasOwn(GATEWAY_PROBLEMS, code))).toEqual([]);
  });
});
