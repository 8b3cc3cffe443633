/** The samples of other autoscalers name what there is. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { EPP_SET } from '../../../src/api/v1alpha1/set.ts';

const textOf = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const sample = (name: string) => parse(textOf(`manifests/autoscaling/${name}.yaml`));

it.each(['hpa', 'keda'])('%s.yaml scales a set', (name) => {
  const { apiVersion, kind } = EPP_SET;
  expect(sample(name).spec.scaleTargetRef).toEqual({ apiVersion, kind, name: 'epp-core-bj' });
});

it('the query for KEDA is made of our metrics', () => {
  // Made from the code that registers them.
  const known = textOf('docs/metrics.md');
  const { query } = sample('keda').spec.triggers[0].metadata;
  const asked: string[] = query.match(/\bepp\w+(?=\{)/g);
  expect(asked.sort()).toEqual(['epp_connection_active', 'epp_request_queue_size']);
  for (const name of asked) expect(known).toContain(`| \`${name}\` |`);
});
