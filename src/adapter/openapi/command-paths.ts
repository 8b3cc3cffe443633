/** The commands of the catalogue as operations, and what they are made of as components. */
import { CATALOGUE, nameOf } from '../../epp/catalogue.ts';
import type { CommandDefinition } from '../../epp/commands/definition.ts';
import { rawCommand } from '../../epp/commands/raw.ts';
import { EXTENSIONS, extensionsOf } from '../../epp/extensions/catalogue.ts';
import { EXAMPLES, type Example } from './examples.ts';
import { EXTENSION_EXAMPLES } from './extension-examples.ts';
import { type Json, jsonSchemaOf, pascal, schemaRef, withProperty } from './json-schema.ts';
import { failureResponses, PARAMETERS, responseHeaders } from './parameters.ts';
import { dataTypeOf, RESPONSE_DATA } from './response-data.ts';

/** The session's own, which nobody may ask for. */
const OWN_COMMANDS: ReadonlySet<string> = new Set(['hello', 'login', 'logout']);

const SUMMARIES: Readonly<Record<string, string>> = {
  'domain:restore':
    'Takes a deleted domain back out of its redemption period, or brings the report (RFC 3915)',
  'maintenance:info': "The registry's maintenance notices (RFC 9167)",
  'balance:info': 'What is left in the account (Verisign)',
  'finance:info': 'What is left in the account (Identity Digital)',
  poll: 'Takes the oldest message of the queue, or acknowledges it (RFC 5730 section 2.9.2.3)',
};

export function commandPaths(): Json {
  const paths: Json = {};
  for (const definition of CATALOGUE) {
    const { object, command } = definition;
    if (object === undefined && OWN_COMMANDS.has(command)) continue;
    const path = object === undefined ? `/{tld}/${command}` : `/{tld}/${object}/${command}`;
    paths[path] = { post: operation(definition) };
    if (object === 'domain') {
      paths[`/{tld}/${command}`] = { post: { ...operation(definition), operationId: command } };
    }
  }
  paths['/{tld}/raw'] = { post: rawOperation() };
  return paths;
}

export function commandSchemas(): Json {
  const schemas: Json = {};
  for (const definition of CATALOGUE) {
    const name = nameOf(definition);
    if (OWN_COMMANDS.has(name)) continue;
    schemas[pascal(name)] = withProperty(
      jsonSchemaOf(definition.schema),
      'extensions',
      extensionsSchema(name),
    );
  }
  schemas.Raw = jsonSchemaOf(rawCommand.schema);
  for (const [type, schema] of Object.entries(RESPONSE_DATA)) schemas[pascal(type)] = jsonSchemaOf(schema);
  for (const { names } of extensionSchemas().values()) {
    for (const [name, schema] of names) schemas[name] = schema;
  }
  return schemas;
}

function extensionsSchema(command: string): Json {
  const known = extensionsOf(command).map(({ definition, part }) => [
    definition.name,
    schemaRef(extensionSchemas().get(definition.name)?.nameOf.get(part) ?? ''),
  ]);
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...Object.fromEntries(known),
      raw: {
        type: 'array',
        items: { type: 'string' },
        description: 'XML elements of other namespaces, each declaring its own.',
      },
    },
  };
}

interface ExtensionSchemas {
  /** Component names of an extension's schemas, without repetition. */
  names: Map<string, Json>;
  nameOf: Map<unknown, string>;
}

let built: Map<string, ExtensionSchemas> | undefined;

/** Many commands take an extension in the same form: it is told once. */
function extensionSchemas(): Map<string, ExtensionSchemas> {
  built ??= new Map(
    EXTENSIONS.map(({ name, commands }) => {
      const byText = new Map<string, string>();
      const schemas: ExtensionSchemas = { names: new Map(), nameOf: new Map() };
      for (const [command, part] of Object.entries(commands)) {
        if (OWN_COMMANDS.has(command)) continue;
        const schema = jsonSchemaOf(part.schema);
        const text = JSON.stringify(schema);
        const component = byText.get(text) ?? `Extension.${name}.${pascal(command)}`;
        byText.set(text, component);
        schemas.names.set(component, schema);
        schemas.nameOf.set(part, component);
      }
      return [name, schemas];
    }),
  );
  return built;
}

function operation(definition: CommandDefinition): Json {
  const { object, command, transform } = definition;
  const name = nameOf(definition);
  const dataType = object === undefined ? undefined : dataTypeOf(object, command);
  return {
    operationId: object === undefined ? command : `${object}${pascal(command)}`,
    tags: [object ?? command],
    summary: SUMMARIES[name] ?? `${object} ${command}${rfcOf(object)}`,
    parameters: parameters({ keyed: transform || name === 'poll' }),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: schemaRef(pascal(name)), examples: examplesOf(name) } },
    },
    responses: { 200: success(dataType), ...failureResponses() },
  };
}

function rfcOf(object: string | undefined): string {
  const rfc = { domain: 5731, host: 5732, contact: 5733 }[object ?? ''];
  return rfc === undefined ? '' : ` (RFC ${rfc})`;
}

function rawOperation(): Json {
  return {
    operationId: 'raw',
    tags: ['raw'],
    summary: 'A command as XML, for what has no JSON here; the answer holds the XML of the response too',
    parameters: parameters({ keyed: true }),
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: schemaRef('Raw'), examples: examplesOf('raw') },
        'application/xml': { schema: { type: 'string' } },
      },
    },
    responses: { 200: success(undefined), ...failureResponses() },
  };
}

function parameters({ keyed }: { keyed: boolean }): Json[] {
  return Object.keys(PARAMETERS)
    .filter((name) => keyed || name !== 'idempotencyKey')
    .map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

function success(dataType: string | undefined): Json {
  const data = dataType === undefined ? [] : [{ properties: { data: schemaRef(pascal(dataType)) } }];
  return {
    description: 'The registry did it (1000), or will (1001); or there is nothing to tell (1300).',
    headers: responseHeaders('age', 'idempotency-replayed'),
    content: {
      'application/json': {
        schema: data.length === 0 ? schemaRef('Answer') : { allOf: [schemaRef('Answer'), ...data] },
      },
    },
  };
}

/** Every request that the document shows. */
export const ALL_EXAMPLES: readonly Example[] = [...EXAMPLES, ...EXTENSION_EXAMPLES];

function examplesOf(operation: string): Json {
  const found = ALL_EXAMPLES.filter((example) => example.operation === operation);
  return Object.fromEntries(found.map(({ name, body }) => [name, { value: body }]));
}
