/** Prometheus' own judgement of the rules: that it can read them, and on which series their alerts fire. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { PROBLEMS } from '../../src/adapter/http/problem-catalogue.ts';
import { GATEWAY_PROBLEMS } from '../../src/gateway/problems.ts';
import { installMissing } from '../cluster/apt.ts';
import { toStderr } from '../cluster/progress.ts';
import { FIRING, SILENT } from './alert-cases.ts';
import { alertRules, allRules, renderedRules } from './rules.ts';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  await installMissing({ promtool: 'prometheus' }, toStderr);
  folder = await mkdtemp(join(tmpdir(), 'eppset-rules-'));
  for (const [name, rules] of renderedRules()) await writeFile(join(folder, name), stringify(rules));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Rejects with what promtool says. */
const promtool = (...args: string[]) => run('promtool', args, { cwd: folder });

describe('the rules', () => {
  it('can be read by Prometheus, and leave no threshold open', async () => {
    await promtool('check', 'rules', ...renderedRules().keys());
    for (const { expr } of allRules()) expect(expr).not.toContain('${');
  });

  it('fire and stay silent as they should, and say so in whole sentences', async () => {
    const tests = [
      ...FIRING.map(({ alert, series, at, labels, value }) =>
        testOf(alert, series, at, [
          {
            exp_labels: { ...labels, ...ruleOf(alert).labels },
            exp_annotations: textsOf(alert, labels, value),
          },
        ]),
      ),
      ...SILENT.map(({ alert, series, at }) => testOf(alert, series, at, [])),
    ];
    const file = { rule_files: [...renderedRules().keys()], evaluation_interval: '1m', tests };
    await writeFile(join(folder, 'test.yaml'), stringify(file));
    await promtool('test', 'rules', 'test.yaml');
  }, 120_000);

  it('have a case in which each fires, and one in which it does not', () => {
    const names = alertRules().map(({ alert }) => alert);
    expect([...new Set(FIRING.map(({ alert }) => alert))].sort()).toEqual([...names].sort());
    expect([...new Set(SILENT.map(({ alert }) => alert))].sort()).toEqual([...names].sort());
  });

  /** Failures of nobody who asked, by the status of the problem; what is left out is meant to happen. */
  it.each([
    ['set', PROBLEMS, ['draining', 'caller-gone']],
    ['gateway', GATEWAY_PROBLEMS, ['draining', 'business-off', 'shed']],
  ] as const)('count every problem of a %s that is a failure', (level, problems, meant) => {
    const { expr } = allRules().find(
      (rule) => 'record' in rule && rule.record === `${level}:epp_request_failures:ratio_rate5m`,
    )!;
    const failures = new RegExp(`^(?:${/status=~"([^"]+)"/.exec(expr)![1]})$`);
    const expected = Object.entries(problems)
      .filter(([code, { status }]) => status >= 500 && !(meant as readonly string[]).includes(code))
      .map(([code]) => code);
    expect(Object.keys(problems).filter((code) => failures.test(code))).toEqual(expected);
  });
});

function ruleOf(alert: string) {
  const rule = alertRules().find((each) => each.alert === alert);
  if (!rule) throw new Error(`there is no alert ${alert}`);
  return rule;
}

function testOf(
  alert: string,
  series: Readonly<Record<string, string>>,
  at: number,
  expected: object[],
): object {
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: `${at}m`, alertname: alert, exp_alerts: expected }],
  };
}

/** Its annotations with the labels in them. */
function textsOf(alert: string, labels: Readonly<Record<string, string>>, value = 'no value') {
  const expand = (text: string) =>
    text
      .replace(/\{\{ with \$labels\.set \}\}(.*?)\{\{ else \}\}(.*?)\{\{ end \}\}/g, (_all, one, other) =>
        labels.set === undefined ? other : one.replace('{{ . }}', labels.set),
      )
      .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_all, label: string) => labels[label] ?? `no label ${label}`)
      .replace(/\{\{ \$value[^}]*\}\}/g, value);
  return Object.fromEntries(
    Object.entries(ruleOf(alert).annotations).map(([key, text]) => [key, expand(text)]),
  );
}
