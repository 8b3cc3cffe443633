/** A plan for people. */
import type { ObjectChange } from './changes.ts';
import type { AccountChange, SetShare } from './connections.ts';
import type { FieldChange } from './fields.ts';
import type { Plan } from './plan.ts';
import type { PodChange } from './pods.ts';

/** Paints a line; `plain` where colours are of no use. */
export type Paint = (colour: 'red' | 'green' | 'yellow' | 'bold', text: string) => string;

export const plain: Paint = (_colour, text) => text;

const SIGN = { create: '+', change: '~', delete: '-' } as const;
const COLOUR = { create: 'green', change: 'yellow', delete: 'red' } as const;
/** Longer values are cut: the whole of them is in the JSON. */
const LONGEST_VALUE = 120;
const CHECKSUM = /^[0-9a-f]{64}$/;

/** Ends with a line that says it all. */
export function planText(plan: Plan, paint: Paint = plain): string {
  const sections = [
    section(
      'custom resources',
      plan.resources.flatMap((change) => objectLines(change, paint)),
      paint,
    ),
    section(
      'what the operator then does',
      plan.objects.flatMap((change) => objectLines(change, paint)),
      paint,
    ),
    section('pods', plan.pods.map(podLine), paint),
    section(
      'connections, while every pod asks for all it may have',
      plan.accounts.flatMap(accountLines),
      paint,
    ),
    section(
      'refused: all stays as it is there',
      plan.refusals.map(({ kind, namespace, name, reason, message, isNew }) =>
        paint('red', `${kind} ${namespace}/${name} ${reason}${isNew ? '' : ' (already so)'}: ${message}`),
      ),
      paint,
    ),
    section(
      'warnings',
      plan.warnings.map(({ about, message }) =>
        paint('yellow', about === undefined ? message : `${about}: ${message}`),
      ),
      paint,
    ),
  ];
  return [...sections.flat(), summary(plan), ''].join('\n');
}

function section(title: string, lines: readonly string[], paint: Paint): string[] {
  return lines.length === 0 ? [] : [paint('bold', title), '', ...lines.map((line) => `  ${line}`), ''];
}

function objectLines({ action, kind, namespace, name, fields }: ObjectChange, paint: Paint): string[] {
  const head = paint(COLOUR[action], `${SIGN[action]} ${kind} ${namespace}/${name}`);
  if (action === 'change' && fields.length === 0) return [`${head} (is written again)`];
  return [head, ...fields.flatMap((field) => fieldLines(field, paint))];
}

function fieldLines(field: FieldChange, paint: Paint): string[] {
  return [
    ...('before' in field ? [paint('red', `    - ${field.path}: ${shown(field.before)}`)] : []),
    ...('after' in field ? [paint('green', `    + ${field.path}: ${shown(field.after)}`)] : []),
  ];
}

function shown(value: unknown): string {
  if (typeof value === 'string' && CHECKSUM.test(value)) return `${value.slice(0, 12)}…`;
  const text = typeof value === 'string' && /^[\w.*/-]+$/.test(value) ? value : JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}

function podLine({ kind, namespace, name, before, after, replaced, strategy }: PodChange): string {
  const number = before === after ? pods(after) : `${before} → ${pods(after)}`;
  const replacing = replaced === 0 ? '' : `; ${replaced} replaced (${strategy})`;
  return `${kind} ${namespace}/${name}: ${number}${replacing}`;
}

function accountLines({ namespace, name, before, after }: AccountChange): string[] {
  const usable = changed(before?.usable, after?.usable);
  const limit = changed(before?.limit, after?.limit);
  const names = [...new Set([...Object.keys(before?.sets ?? {}), ...Object.keys(after?.sets ?? {})])].sort();
  const rows = names.map((set) => shareRow(set, before?.sets[set], after?.sets[set]));
  const table = [['set', 'class', 'pods', 'min..max', 'guaranteed', 'share', 'a pod'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return [
    `${namespace}/${name}: ${usable} of ${limit} usable`,
    ...(rows.length === 0
      ? ['    no set has a pool there']
      : table.map((row) =>
          `    ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
        )),
  ];
}

function shareRow(name: string, before: SetShare | undefined, after: SetShare | undefined): string[] {
  const cell = (of: (share: SetShare) => string | number) =>
    changed(before && of(before), after && of(after));
  return [
    name,
    cell((share) => share.class),
    cell(({ pods }) => pods),
    cell(({ min, max }) => `${min}..${max}`),
    cell(({ guaranteed }) => guaranteed),
    cell(({ share }) => share),
    cell(({ perPod: { least, most } }) => (least === most ? least : `${least}..${most}`)),
  ];
}

/** `2 → 3`; `-` for what goes. */
function changed(before: string | number | undefined, after: string | number | undefined): string {
  const is = String(after ?? '-');
  return before === undefined || String(before) === is ? is : `${before} → ${is}`;
}

function summary({ resources, objects, pods: podChanges, refusals, result }: Plan): string {
  const refused = refusals.filter(({ isNew }) => isNew).length;
  const replaced = podChanges.reduce((sum, pod) => sum + pod.replaced, 0);
  if (result === 'NoChanges') return 'no changes';
  const all = [...resources, ...objects];
  const count = (action: ObjectChange['action']) => all.filter((change) => change.action === action).length;
  const counts = `${count('create')} to create, ${count('change')} to change, ${count('delete')} to delete; ${pods(replaced)} replaced`;
  return refused === 0 ? counts : `${counts}; ${refused} refused`;
}

const pods = (count: number): string => `${count} ${count === 1 ? 'pod' : 'pods'}`;
