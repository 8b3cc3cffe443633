/** What a registry tells of fees, as each version writes it. One reader reads them all, and into the same JSON. */
import { attribute, beside, type Content, type Field, many, one, own, record } from '../mapping.ts';
import { DOMAIN_URI } from '../namespaces.ts';
import * as structures from '../structures.ts';
import { attributeOf, childOf, childrenOf, elementsOf, textOf, type XmlElement } from '../xml-element.ts';
import { tag } from '../xml-write.ts';
import { credits, fees } from './fee-amounts.ts';
import {
  byVersion,
  type FeeCheckData,
  type FeeObject,
  type FeeOfCommand,
  namedBy,
  plainName,
} from './fee-versions.ts';

const name = [attribute('name'), attribute('customName'), attribute('phase'), attribute('subphase')];
const period = one('period', structures.period);
const available = attribute('avail', 'boolean');

/** Of a command of which everything may differ from that of others. */
const terms = [
  attribute('phase'),
  attribute('subphase'),
  period,
  fees,
  credits,
  one('class'),
  one('reason'),
  one('date'),
  one('notAfter'),
];

const plainCommand = one('command', record(attribute('phase'), attribute('subphase'), own('value')));

/** `<object><domain:name>a.com</domain:name></object>`: a copy of what the check had. */
const object: Field = {
  write({ objID, element = 'name' }, prefix, out) {
    const declaration = ` xmlns:domain="${DOMAIN_URI}"`;
    const child = record(own('objID')).write({ objID }, '').content;
    out.content += tag(`${prefix}object`, '', tag(`domain:${element}`, declaration, child));
  },
  read() {}, // readObject reads it, with all that other versions have in its place
};

const objID = beside('objID', attribute('element'));
const cd = (...fields: Field[]) => record(many('cd', 'cd', record(...fields)));
const checkData = (...fields: Field[]) => record(one('currency'), many('cd', 'cd', record(...fields)));

const written = {
  '1.0': checkData(
    available,
    objID,
    one('class'),
    many(
      'command',
      'commands',
      record(...name, attribute('standard', 'boolean'), period, fees, credits, one('reason')),
    ),
    one('reason'),
  ),
  '0.21': checkData(
    available,
    objID,
    many('command', 'commands', record(...name, period, fees, credits, one('class'), one('reason'))),
    one('reason'),
  ),
  '0.12': checkData(object, many('command', 'commands', record(available, attribute('name'), ...terms))),
  '0.11': cd(
    available,
    object,
    plainCommand,
    one('currency'),
    period,
    fees,
    credits,
    one('class'),
    one('reason'),
  ),
  '0.6': cd(one('name'), one('currency'), plainCommand, period, fees, one('class')),
};

/** What stands with the object and not with the command, or the other way round, as the version has it. */
const lowered: Record<keyof typeof written, (data: FeeCheckData) => unknown> = {
  '1.0': ({ cd, ...rest }) => ({
    ...rest,
    cd: cd.map((one) => ({ ...one, class: one.class ?? one.commands?.[0]?.class })),
  }),
  '0.21': ({ cd, ...rest }) => ({
    ...rest,
    cd: cd.map((one) => ({
      ...one,
      commands: one.commands?.map((command) => ({ ...command, class: command.class ?? one.class })),
    })),
  }),
  '0.12': ({ cd, ...rest }) => ({
    ...rest,
    cd: cd.map(({ reason, avail, class: type, ...one }) => ({
      ...one,
      commands: (one.commands ?? []).map((command) => ({
        class: type,
        avail,
        reason,
        ...command,
        name: plainName(command),
      })),
    })),
  }),
  '0.11': flatten,
  '0.6': flatten,
};

/** One `cd` for each command of each object. */
function flatten({ currency, cd }: FeeCheckData) {
  return {
    cd: cd.flatMap(({ commands = [], ...one }) =>
      commands.map((command) => ({
        currency,
        ...one,
        ...command,
        name: one.objID,
        command: { value: plainName(command), phase: command.phase, subphase: command.subphase },
      })),
    ),
  };
}

/** `fee:chkData` as FeeCheckData. */
export function chkDataContent(uri: string): Content {
  const version = byVersion(uri, {
    '0.6': '0.6',
    '0.11': '0.11',
    '0.12': '0.12',
    '0.21': '0.21',
    '1.0': '1.0',
  } as const);
  return {
    write: (value, prefix) => written[version].write(lowered[version](value as FeeCheckData), prefix),
    read: readCheckData,
  };
}

/** `fee:infData` of fee-0.6: what one command costs, as FeeObject without its object. */
export const infDataContent: Content = {
  write(value, prefix) {
    const { commands = [], ...rest } = value as FeeObject;
    const [command = { name: '' }] = commands;
    const flat = { ...rest, ...command, command: { ...command, value: plainName(command) } };
    return record(one('currency'), plainCommand, period, fees, one('class')).write(flat, prefix);
  },
  read(element) {
    const { objID: _, avail: __, ...rest } = readObject(element);
    return rest;
  },
};

function readCheckData(element: XmlElement): FeeCheckData {
  const cd = merged(childrenOf(element, 'cd').map(readObject));
  const told = childOf(element, 'currency');
  const currencies = new Set(cd.map((one) => one.currency));
  const [common] = currencies;
  const currency = told ? textOf(told) : currencies.size === 1 ? common : undefined;
  return {
    ...(currency === undefined ? {} : { currency }),
    cd: cd.map(({ currency: own, ...one }) =>
      own === undefined || own === currency ? one : { ...one, currency: own },
    ),
  };
}

const ofCommand = record(attribute('avail', 'boolean'), attribute('standard', 'boolean'), ...terms);
/** What a `cd` has beside a command that is plain text. */
const besideCommand = record(period, fees, credits);
const ofObject = record(available, one('class'), one('currency'), one('reason'));

function readObject(element: XmlElement): FeeObject {
  const commands = childrenOf(element, 'command').map((command) => ({
    ...readName(command),
    ...(besideCommand.read(element) as object),
    ...(ofCommand.read(command) as object),
  }));
  const object: FeeObject = {
    ...readId(element),
    avail: true,
    ...(ofObject.read(element) as object),
    ...(commands.length === 0 ? {} : { commands }),
  };
  return hoist(hoist(object, 'class'), 'avail');
}

function readName(command: XmlElement): { name: string; customName?: string } {
  const name = attributeOf(command, 'name')?.trim();
  const customName = attributeOf(command, 'customName')?.trim();
  if (name !== undefined && customName !== undefined) return { name, customName };
  return namedBy(name ?? textOf(command));
}

function readId(element: XmlElement): { objID: string; element?: string } {
  const objID = childOf(element, 'objID');
  if (objID) {
    const element = attributeOf(objID, 'element')?.trim();
    return { objID: textOf(objID), ...(element === undefined ? {} : { element }) };
  }
  const object = childOf(element, 'object');
  const copy = object ? elementsOf(object)[0] : childOf(element, 'name');
  if (!copy) return { objID: object ? textOf(object) : '' };
  return { objID: textOf(copy), ...(copy.local === 'name' ? {} : { element: copy.local }) };
}

/** What all commands of an object say alike is said by the object. */
function hoist(object: FeeObject, field: 'class' | 'avail' | 'reason' | 'currency'): FeeObject {
  const values = new Set(object.commands?.map((command) => command[field]));
  const [value] = values;
  if (values.size !== 1 || value === undefined) return object;
  const commands = object.commands?.map(({ [field]: _, ...rest }) => rest as FeeOfCommand);
  return { ...object, [field]: value, ...(commands ? { commands } : {}) };
}

/** Versions that tell of one command at a time repeat the object for each. */
function merged(objects: FeeObject[]): FeeObject[] {
  const byId = Map.groupBy(objects, ({ objID, element }) => `${element ?? ''} ${objID}`);
  return [...byId.values()].map((group) => {
    const [first] = group;
    if (group.length === 1 || !first) return first as FeeObject;
    const commands = group.flatMap(({ commands = [], avail, class: type, reason, currency }) =>
      commands.map((command) => ({
        ...(avail ? {} : { avail }),
        ...(type === undefined ? {} : { class: type }),
        ...(reason === undefined ? {} : { reason }),
        ...(currency === undefined ? {} : { currency }),
        ...command,
      })),
    );
    const { objID, element } = first;
    const avail = group.some((one) => one.avail);
    const object: FeeObject = { objID, ...(element === undefined ? {} : { element }), avail, commands };
    return (['class', 'avail', 'reason', 'currency'] as const).reduce(hoist, object);
  });
}
