/**
 * Writes docs/reference.md: every field of the custom resources, out of the schemas that the CRDs and the run-time checks come from.
 *
 *   node scripts/reference.ts           writes
 *   node scripts/reference.ts --check   fails when the file is not what it would write
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type StructuralSchema, structuralSchema } from '../src/api/crd/structural.ts';
import { GROUP_VERSION } from '../src/api/v1alpha1/group.ts';
import {
  GATEWAY_KIND,
  type Kind,
  LEASE_KIND,
  LEDGER_KIND,
  REGISTRY_KIND,
  SET_KIND,
} from '../src/api/v1alpha1/kinds.ts';
import { CONDITIONS, type ConditionText, EVENTS } from './reference/conditions.ts';

export const REFERENCE_DOCUMENT = fileURLToPath(new URL('../docs/reference.md', import.meta.url));

const INTRODUCTION = `# Reference of the custom resources

Made by \`node scripts/reference.ts\` from the schemas in \`src/api/v1alpha1\`; do not edit by hand. Group and version: \`${GROUP_VERSION}\`; all are
namespaced. What the words mean is in [concepts.md](concepts.md).

People write three kinds: [EppRegistry](#eppregistry), [EppSet](#eppset), [EppGateway](#eppgateway). Two are internal, are written by the operator and
by pods alone, and are here for the curious: [EppConnectionLedger](#eppconnectionledger), [EppConnectionLease](#eppconnectionlease).

\`a.b[].c\` is the field \`c\` of each item of the list \`b\` in \`a\`; \`a{}\` is a value of the map \`a\`. **required**: where the object it stands in is there.
Durations are texts such as \`30s\`, \`5m\`, \`1h30m\`. A rule is what the API server refuses by, in its own words. What cannot be changed says so there.
`;

export function referenceDocument(): string {
  return [INTRODUCTION, ...KINDS_IN_ORDER.map(chapter), eventsChapter()].join('\n');
}

/** What people write comes first. */
const KINDS_IN_ORDER: readonly Kind[] = [REGISTRY_KIND, SET_KIND, GATEWAY_KIND, LEDGER_KIND, LEASE_KIND];

function chapter(kind: Kind): string {
  const { kind: name, plural } = kind.resource;
  const short = kind.shortNames.length > 0 ? `, short \`${kind.shortNames.join(', ')}\`` : '';
  const conditions = CONDITIONS[name];
  return [
    `## ${name}\n`,
    `${kind.description} \`kubectl get ${plural}\`${short}.${kind.scale ? ' Has the scale subresource.' : ''}\n`,
    `### Spec of ${name}\n`,
    fieldTable(structuralSchema(kind.spec, `${name}.spec`), 'spec'),
    ...(kind.status
      ? [`### Status of ${name}\n`, fieldTable(structuralSchema(kind.status, `${name}.status`), 'status')]
      : []),
    ...(conditions ? [`### Conditions of ${name}\n`, conditionTable(conditions)] : []),
    `### Columns of ${name}\n`,
    table(
      ['column', 'what'],
      kind.columns.map(({ name: column, description, priority }) => [
        `${column}${priority === 1 ? ' (`-o wide`)' : ''}`,
        description,
      ]),
    ),
  ].join('\n');
}

function fieldTable(schema: StructuralSchema, root: string): string {
  const rules = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => `- ${message ?? ''}`);
  const rows = fieldsOf(schema, root).map(({ path, schema: field, required }) => [
    code(path),
    typeOf(field),
    required ? '**required**' : defaultOf(field),
    boundsOf(field),
    describe(field),
  ]);
  const text = table(['field', 'type', 'default', 'bounds', 'meaning and rules'], rows);
  return rules.length === 0 ? text : `Of the whole:\n\n${rules.join('\n')}\n\n${text}`;
}

interface Field {
  path: string;
  schema: StructuralSchema;
  required: boolean;
}

/** Depth first, in the order of the schema; conditions are described apart. */
function fieldsOf(schema: StructuralSchema, path: string): Field[] {
  if (path.endsWith('.conditions')) return [];
  const { properties = {}, required = [], items, additionalProperties } = schema;
  const named = Object.entries(properties).flatMap(([name, property]) => {
    const own = `${path}.${name}`;
    return [{ path: own, schema: property, required: required.includes(name) }, ...fieldsOf(property, own)];
  });
  return [
    ...named,
    ...(items ? fieldsOf(items, `${path}[]`) : []),
    ...(additionalProperties ? fieldsOf(additionalProperties, `${path}{}`) : []),
  ];
}

function typeOf(schema: StructuralSchema): string {
  if (schema['x-kubernetes-int-or-string']) return 'integer or string';
  if (schema.items) return `list of ${typeOf(schema.items)}s`;
  if (schema.additionalProperties) return `map of ${typeOf(schema.additionalProperties)}s`;
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(', ');
  return schema.format === 'date-time' ? 'time' : (schema.type ?? '');
}

function defaultOf({ default: value }: StructuralSchema): string {
  if (value === undefined) return '';
  // That of an object repeats those of its fields
  return typeof value === 'object' ? '' : code(JSON.stringify(value));
}

function boundsOf(schema: StructuralSchema): string {
  const { minimum, maximum, minItems, maxItems, minLength, maxLength, maxProperties } = schema;
  const range = (least: number | undefined, most: number | undefined, what: string) => {
    if (least === undefined && most === undefined) return [];
    if (least === undefined || most === undefined)
      return [`${least === undefined ? '≤' : '≥'} ${least ?? most}${what}`];
    return [`${least} … ${most}${what}`];
  };
  return [
    ...range(minimum, maximum, ''),
    ...range(minItems, maxItems, ' items'),
    ...range(undefined, maxProperties, ' entries'),
    ...(schema.enum || schema.format ? [] : range(minLength, maxLength, ' characters')),
  ].join(', ');
}

function describe({ description = '', ...schema }: StructuralSchema): string {
  const rules = rulesOf(schema);
  return [description, ...(rules.length > 0 ? [`*Rules:* ${rules.join('; ')}.`] : [])]
    .filter((text) => text !== '')
    .join(' ');
}

/** Those of a value that has no row of its own count for the list or map that it is in. */
function rulesOf({ items, additionalProperties, ...schema }: StructuralSchema): string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap(({ message }) => message ?? []);
  const inner = [items, additionalProperties].flatMap((one) => (one ? rulesOf(one) : []));
  return [...new Set([...own, ...inner])];
}

function conditionTable(conditions: readonly ConditionText[]): string {
  return table(
    ['condition', 'status', 'reason', 'what'],
    conditions.flatMap(({ type, meaning, reasons }) => [
      [`**${type}**`, '', '', meaning],
      ...Object.entries(reasons).map(([reason, [status, text]]) => ['', status, code(reason), text]),
    ]),
  );
}

function eventsChapter(): string {
  const rows = Object.entries(EVENTS).flatMap(([about, reasons]) =>
    Object.entries(reasons).map(([reason, text]) => [about, code(reason), text]),
  );
  return [
    '## Events\n',
    'A condition that turns into trouble, becomes another one or ends is told as an event of its reason. Beside these:\n',
    table(['about', 'reason', 'what'], rows),
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

const code = (text: string) => `\`${text}\``;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const isFresh = (await readFile(REFERENCE_DOCUMENT, 'utf8').catch(() => '')) === referenceDocument();
    if (!isFresh) console.error('docs/reference.md is stale: run `node scripts/reference.ts`');
    process.exitCode = isFresh ? 0 : 1;
  } else {
    await writeFile(REFERENCE_DOCUMENT, referenceDocument());
  }
}
