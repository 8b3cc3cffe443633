/** The rules as the chart renders them, without Helm: what tests of the chart hold to be the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const CHART = fileURLToPath(new URL('../../charts/eppset/', import.meta.url));

export interface AlertRule {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: { summary: string; description: string; runbook_url: string };
}

export interface RecordingRule {
  record: string;
  expr: string;
}

export interface RuleGroups {
  groups: { name: string; rules: (AlertRule | RecordingRule)[] }[];
}

interface RuleValues {
  runbookUrl: string;
  thresholds: Record<string, string | number>;
}

const values = parse(readFileSync(`${CHART}values.yaml`, 'utf8')).monitoring.rules as RuleValues;

/** By the name of their file, with the values that the chart has by default. */
export function renderedRules(): Map<string, RuleGroups> {
  const files = readdirSync(`${CHART}rules`).map((name): [string, RuleGroups] => [name, rendered(name)]);
  return new Map(files);
}

function rendered(name: string): RuleGroups {
  let text = readFileSync(`${CHART}rules/${name}`, 'utf8');
  for (const [threshold, value] of Object.entries(values.thresholds))
    text = text.replaceAll(`\${${threshold}}`, String(value));
  const rules = parse(text) as RuleGroups;
  for (const rule of rules.groups.flatMap((group) => group.rules))
    if ('alert' in rule) rule.annotations.runbook_url = `${values.runbookUrl}#${rule.alert.toLowerCase()}`;
  return rules;
}

export function allRules(): (AlertRule | RecordingRule)[] {
  return [...renderedRules().values()].flatMap(({ groups }) => groups.flatMap(({ rules }) => rules));
}

export function alertRules(): AlertRule[] {
  return allRules().filter((rule) => 'alert' in rule);
}

export const nameOf = (rule: AlertRule | RecordingRule): string =>
  'alert' in rule ? rule.alert : rule.record;
