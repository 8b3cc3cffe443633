/**
 * Fees: RFC 8748 (fee-1.0), and the drafts before it that registries still run: 0.6 (draft-brown-epp-fees-04), 0.11 (-07), 0.12
 * and 0.21 (draft-ietf-regext-epp-fees). The JSON is that of RFC 8748 for all of them; what a version cannot say is refused.
 */
import { z } from 'zod';
import type { CommandIssue } from '../commands/issues.ts';
import { dateTime, duration, label, language, line, period, token } from '../fields.ts';
import type { CommandExtension, ExtensionDefinition } from './definition.ts';
import { transformContent, transformResultContent } from './fee-amounts.ts';
import { checkContent, infoContent, liftNames, lowerNames } from './fee-check.ts';
import { chkDataContent, infDataContent } from './fee-data.ts';
import { FEE_URIS, type FeeCheck, type FeeTransform, type FeeVersion, versionOf } from './fee-versions.ts';

const currency = () => z.string().regex(/^[A-Z]{3}$/, 'must be a currency code such as "USD" (ISO 4217)');

const checkedCommand = () =>
  z
    .strictObject({
      name: z.enum(['create', 'delete', 'renew', 'update', 'transfer', 'restore', 'custom']),
      customName: token(3, 16).optional().describe('The registry\'s own command, with name "custom".'),
      phase: token(1, 64).optional().describe('Launch phase (RFC 8334 section 2.3), "custom" among them.'),
      subphase: token(1, 64).optional(),
      period: period().optional(),
      class: token(1, 255).optional().describe('Class of the object; fee-0.11 and fee-0.12 alone.'),
      date: dateTime().optional().describe('When the command shall be sent; fee-0.12 alone.'),
      currency: currency().optional().describe('Of this command alone; fee-0.6.'),
      names: z.array(label()).min(1).max(10_000).optional().describe('Of the check, where not all; fee-0.6.'),
    })
    .refine((command) => (command.name === 'custom') === (command.customName !== undefined), {
      path: ['customName'],
      message: 'belongs to name "custom", and is required there',
    });

const checkSchema = (most: number) =>
  z.strictObject({
    currency: currency().optional(),
    commands: z.array(checkedCommand()).min(1).max(most),
  });

const described = () => ({
  description: line(0, 255).optional(),
  lang: language().optional().describe('Of the description.'),
});

const transformSchema = () =>
  z.strictObject({
    currency: currency().optional(),
    fees: z
      .array(
        z.strictObject({
          value: z.string().regex(/^\d{1,12}(?:\.\d{1,8})?$/, 'must be an amount such as "10.00"'),
          ...described(),
          refundable: z.boolean().optional(),
          'grace-period': duration().optional(),
          applied: z.enum(['immediate', 'delayed']).optional(),
        }),
      )
      .min(1)
      .max(100)
      .describe(
        'What the command costs, as the registry said: with another sum it refuses the command (2004).',
      ),
    credits: z
      .array(
        z.strictObject({
          value: z.string().regex(/^-\d{1,12}(?:\.\d{1,8})?$/, 'must be a negative amount such as "-5.00"'),
          ...described(),
        }),
      )
      .min(1)
      .max(100)
      .optional(),
  });

/** Of what the value has and the version has not. */
const lacking = (path: string, { name }: FeeVersion): CommandIssue => ({
  path,
  message: `cannot be said in ${name}, which is what this registry has`,
});

function refuseCheck(value: unknown, uri: string): CommandIssue[] {
  const version = versionOf(uri);
  const { commands, currency } = value as FeeCheck;
  const issues = commands.flatMap((command, index) =>
    (['class', 'date', 'currency', 'names'] as const)
      .filter((name) => command[name] !== undefined && !version.checkFields.includes(name))
      .map((name) => lacking(`commands[${index}].${name}`, version)),
  );
  if (!version.manyCommands && commands.length > 1) {
    issues.push({
      path: 'commands',
      message: `must be one: ${version.name} asks for one command in a check`,
    });
  }
  if (version.info && currency !== undefined && commands.some((command) => command.currency !== undefined)) {
    issues.push({ path: 'currency', message: 'must not stand beside currencies of single commands' });
  }
  return issues;
}

function refuseInfo(value: unknown, uri: string): CommandIssue[] {
  const version = versionOf(uri);
  if (!version.info)
    return [{ path: 'commands', message: `an info has no fees in ${version.name}; use a check` }];
  const { commands, currency } = value as FeeCheck;
  const missing = (path: string): CommandIssue => ({ path, message: `is required in ${version.name}` });
  return [
    ...refuseCheck(value, uri),
    ...(currency === undefined && commands[0]?.currency === undefined ? [missing('currency')] : []),
    ...(commands[0]?.period === undefined ? [missing('commands[0].period')] : []),
    ...(commands[0]?.names === undefined ? [] : [lacking('commands[0].names', version)]),
  ];
}

function refuseTransform(value: unknown, uri: string): CommandIssue[] {
  const version = versionOf(uri);
  const { currency, fees, credits } = value as FeeTransform;
  const issues: CommandIssue[] = [];
  if (version.currencyRequired && currency === undefined) {
    issues.push({ path: 'currency', message: `is required in ${version.name}` });
  }
  if (!version.credits && credits !== undefined) issues.push(lacking('credits', version));
  if (version.lang) return issues;
  for (const [name, list] of Object.entries({ fees, credits: credits ?? [] })) {
    for (const [index, { lang }] of list.entries()) {
      if (lang !== undefined) issues.push(lacking(`${name}[${index}].lang`, version));
    }
  }
  return issues;
}

const transform = (element: string): CommandExtension => ({
  element,
  schema: transformSchema(),
  content: transformContent,
  refuse: refuseTransform,
});

export const fee: ExtensionDefinition = {
  name: 'fee',
  prefix: 'fee',
  uris: FEE_URIS,
  commands: {
    'domain:check': {
      element: 'check',
      schema: checkSchema(100),
      content: checkContent,
      refuse: refuseCheck,
      lower: lowerNames,
      lift: liftNames,
    },
    'domain:info': {
      element: 'info',
      schema: checkSchema(1),
      content: infoContent,
      refuse: refuseInfo,
    },
    'domain:create': transform('create'),
    'domain:renew': transform('renew'),
    'domain:transfer': transform('transfer'),
    'domain:update': transform('update'),
  },
  responses: {
    chkData: chkDataContent,
    infData: infDataContent,
    creData: transformResultContent,
    renData: transformResultContent,
    trnData: transformResultContent,
    updData: transformResultContent,
    delData: transformResultContent,
  },
};
