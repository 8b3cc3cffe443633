/**
 * What the schemas of single fields do not see: fields of a command that contradict each other, commands that say nothing, and
 * names of hosts that can be none. A registry would refuse all of it, at the price of a command. Pure.
 */

import type { FieldError } from '../../api/http/field-error.ts';
import { canonicalName } from '../../routing/domain-name.ts';
import { bodyField } from './problems.ts';

type Body = Readonly<Record<string, unknown>>;
type Checked = { object?: string | undefined; command: string; body: Body; extensions?: object | undefined };

/** @param command that `checkCommand` has passed */
export function contradictions(command: Checked): FieldError[] {
  const { object, body } = command;
  return [
    ...(command.command === 'update' ? [...saysNothing(command), ...addedAndRemoved(body)] : []),
    ...(object === 'contact' ? contactFields(body) : []),
    ...hostNames(command),
  ];
}

/** RFC 5731 to 5733, section 3.2.5: at least one of them, unless an extension says what to change. */
function saysNothing({ body: { add, rem, chg }, extensions }: Checked): FieldError[] {
  const empty = [add, rem, chg].every((part) => isEmpty(part));
  return empty && isEmpty(extensions)
    ? [bodyField('body', 'changes nothing: it needs something in add, rem or chg, or an extension')]
    : [];
}

const isEmpty = (part: unknown) =>
  typeof part !== 'object' || part === null || Object.keys(part).length === 0;

/** The same value cannot be both: which of them holds depends on the registry's order. */
function addedAndRemoved({ add, rem }: Body): FieldError[] {
  const removed = new Map(valuesIn('rem', rem).map(({ path, value }) => [value, path]));
  return valuesIn('add', add).flatMap(({ path, value }) => {
    const other = removed.get(value);
    return other === undefined ? [] : [bodyField(path, `stands in ${other}, too: leave out one of the two`)];
  });
}

/** Statuses by their name alone: their text changes nothing. */
function valuesIn(at: string, part: unknown): { path: string; value: string }[] {
  if (typeof part !== 'object' || part === null) return [];
  const lists = { ...part, ...('ns' in part ? (part.ns as object) : {}) } as Record<string, unknown>;
  return Object.entries(lists).flatMap(([name, list]) => {
    if (!Array.isArray(list)) return [];
    const path = name === 'hostObjs' || name === 'hostAttrs' ? `${at}.ns.${name}` : `${at}.${name}`;
    return list.map((entry: unknown, index) => ({
      path: `${path}[${index}]`,
      value: `${name} ${name === 'statuses' ? (entry as { s: string }).s : JSON.stringify(entry).toLowerCase()}`,
    }));
  });
}

/** RFC 5733 section 3.2.1: at most one of each type; section 2.9: a disclosure is of something. */
function contactFields({ postalInfos, disclose, chg }: Body): FieldError[] {
  const own = [...twice('postalInfos', postalInfos), ...ofNothing('disclose', disclose)];
  if (typeof chg !== 'object' || chg === null) return own;
  const changed = chg as Body;
  return [
    ...own,
    ...twice('chg.postalInfos', changed.postalInfos),
    ...ofNothing('chg.disclose', changed.disclose),
  ];
}

function twice(path: string, infos: unknown): FieldError[] {
  if (!Array.isArray(infos)) return [];
  const types = infos.map(({ type }: { type: string }) => type);
  return types.flatMap((type, index) =>
    types.indexOf(type) < index
      ? [bodyField(`${path}[${index}].type`, `is "${type}" a second time: there is one of each type`)]
      : [],
  );
}

function ofNothing(path: string, disclose: unknown): FieldError[] {
  const nothing = typeof disclose === 'object' && disclose !== null && Object.keys(disclose).length < 2;
  return nothing ? [bodyField(path, 'needs at least one of names, orgs, addrs, voice, fax and email')] : [];
}

/** Of hosts that are new to the registry: what it has already can be taken away, whatever it is called. */
function hostNames(checked: Checked): FieldError[] {
  return freshHosts(checked).flatMap(([path, name]) =>
    typeof name === 'string' && canonicalName(name) === undefined
      ? [bodyField(path, 'must be the name of a host, such as "ns1.example.com"')]
      : [],
  );
}

function freshHosts({ object, command, body }: Checked): [string, unknown][] {
  const part = (name: string) => body[name] as Body | undefined;
  if (object === 'domain') return [...nameServers('ns', body.ns), ...nameServers('add.ns', part('add')?.ns)];
  if (object !== 'host') return [];
  if (command === 'create') return [['name', body.name]];
  return [...listed('names', body.names), ['chg.name', part('chg')?.name]];
}

function listed(path: string, names: unknown): [string, unknown][] {
  return Array.isArray(names) ? names.map((name: unknown, index) => [`${path}[${index}]`, name]) : [];
}

function nameServers(path: string, ns: unknown): [string, unknown][] {
  if (typeof ns !== 'object' || ns === null) return [];
  const { hostObjs, hostAttrs } = ns as { hostObjs?: unknown; hostAttrs?: { hostName: unknown }[] };
  const attributed = (hostAttrs ?? []).map(({ hostName }) => hostName);
  return [
    ...listed(`${path}.hostObjs`, hostObjs),
    ...attributed.map((name, index): [string, unknown] => [`${path}.hostAttrs[${index}].hostName`, name]),
  ];
}
