/** What a check asks of fees, as each version writes it. One reader reads them all. */
import { attribute, type Content, type Field, many, one, own, record } from '../mapping.ts';
import * as structures from '../structures.ts';
import { attributeOf, childrenOf, type XmlElement } from '../xml-element.ts';
import {
  byVersion,
  type FeeCheck,
  type FeeCheckedCommand,
  namedBy,
  plainName,
  versionOf,
} from './fee-versions.ts';

/** `<command phase="sunrise">create</command>` */
const plainCommand = record(attribute('phase'), attribute('subphase'), own('value'));
const period = one('period', structures.period);

const attributes = [attribute('name'), attribute('customName'), attribute('phase'), attribute('subphase')];
const namedCommand = record(...attributes, period, one('class'), one('date'));
const namedCheck = record(one('currency'), many('command', 'commands', namedCommand));

const flatFields = [one('command', plainCommand), one('currency'), period, one('class')];
/** `<domain>` of fee-0.6: one name and one command. */
const domain = record(one('name'), one('currency'), one('command', plainCommand), period);

/** A command as text with its siblings. */
const flatten = ({ name, customName, phase, subphase, ...rest }: FeeCheckedCommand) => ({
  ...rest,
  command: {
    value: plainName({ name, ...(customName === undefined ? {} : { customName }) }),
    phase,
    subphase,
  },
});

interface FlatCommand extends Omit<FeeCheckedCommand, 'name'> {
  command?: { value?: string; phase?: string; subphase?: string };
}

function unflatten({ command: { value = '', ...phases } = {}, ...rest }: FlatCommand): FeeCheckedCommand {
  return { ...namedBy(value), ...phases, ...rest };
}

/** The first command alone, with its siblings: fee-0.11, and an info of fee-0.6. */
const flat = (...fields: readonly Field[]): Content['write'] => {
  const content = record(...fields);
  return (value, prefix) => {
    const { currency, commands } = value as FeeCheck;
    const [command] = commands;
    return content.write({ ...(command && flatten({ ...(currency && { currency }), ...command })) }, prefix);
  };
};

const writeNamed: Content['write'] = namedCheck.write;
const writePlainlyNamed: Content['write'] = (value, prefix) => {
  const { commands, ...rest } = value as FeeCheck;
  const plain = commands.map(({ customName: _, ...command }, index) => ({
    ...command,
    name: plainName(commands[index] ?? command),
  }));
  return namedCheck.write({ ...rest, commands: plain }, prefix);
};
const writeDomains: Content['write'] = record(many('domain', 'domains', domain)).write;

/** `fee:check`. For fee-0.6 its value is what `lowerNames` makes of it. */
export function checkContent(uri: string): Content {
  const write = byVersion(uri, {
    '0.6': writeDomains,
    '0.11': flat(...flatFields),
    '0.12': writePlainlyNamed,
    '0.21': writeNamed,
    '1.0': writeNamed,
  });
  return { write, read: readCheck };
}

/** `fee:info` of fee-0.6: currency, command and period. */
export const infoContent: Content = {
  write: flat(one('currency'), one('command', plainCommand), period),
  read: readCheck,
};

function readCheck(element: XmlElement): unknown {
  const domains = childrenOf(element, 'domain');
  if (domains.length > 0) return { domains: domains.map((child) => domain.read(child)) };
  const commands = childrenOf(element, 'command');
  if (commands.some((command) => attributeOf(command, 'name') !== undefined)) {
    const check = namedCheck.read(element) as { commands: FeeCheckedCommand[] };
    return {
      ...check,
      commands: check.commands.map(({ name, customName, ...rest }) => ({
        ...namedBy(name ?? ''),
        ...(customName === undefined ? {} : { customName }),
        ...rest,
      })),
    };
  }
  const { currency, ...command } = record(...flatFields).read(element) as FlatCommand;
  return { ...(currency === undefined ? {} : { currency }), commands: [unflatten(command)] };
}

interface Domain extends FlatCommand {
  name?: string;
}
type Body = Readonly<Record<string, unknown>>;

/** fee-0.6 names each name of the check once more, with each command. */
export function lowerNames(value: unknown, uri: string, body: Body): unknown {
  if (!versionOf(uri).checkFields.includes('names')) return value;
  const { currency, commands } = value as FeeCheck;
  const domains = commands.flatMap(({ names = body.names as string[], ...command }) =>
    names.map((name) => ({ ...flatten({ ...(currency && { currency }), ...command }), name })),
  );
  return { domains };
}

/** The way back: names that are asked the same stand together, and are left out where they are all that the check has. */
export function liftNames(value: unknown, _uri: string, body: Body): unknown {
  const { domains } = value as { domains?: Domain[] };
  if (!domains) return value;
  const groups = new Map<string, FeeCheckedCommand & { names: string[] }>();
  for (const { name = '', ...asked } of domains) {
    const command = unflatten(asked);
    const key = JSON.stringify(command, Object.keys(command).concat('unit', 'value').sort());
    const group = groups.get(key);
    if (group) group.names.push(name);
    else groups.set(key, { ...command, names: [name] });
  }
  const all = JSON.stringify(body.names);
  const [first, ...others] = groups.values();
  const currency = others.every((group) => group.currency === first?.currency) ? first?.currency : undefined;
  const commands = [...groups.values()].map(({ names, currency: own, ...command }) => ({
    ...command,
    ...(own === undefined || own === currency ? {} : { currency: own }),
    ...(JSON.stringify(names) === all ? {} : { names }),
  }));
  return { ...(currency === undefined ? {} : { currency }), commands };
}
