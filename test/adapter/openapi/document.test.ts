import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { PROBLEMS } from '../../../src/adapter/http/problem-catalogue.ts';
import { statusOfCode } from '../../../src/adapter/http/status.ts';
import { ALL_EXAMPLES } from '../../../src/adapter/openapi/command-paths.ts';
import { openApiDocument } from '../../../src/adapter/openapi/document.ts';
import { RESPONSE_DATA } from '../../../src/adapter/openapi/response-data.ts';
import { CATALOGUE, nameOf } from '../../../src/epp/catalogue.ts';
import { EXTENSIONS } from '../../../src/epp/extensions/catalogue.ts';
import { dataTypes } from '../../../src/epp/responses/data.ts';
import { RESULT_MESSAGES } from '../../../src/epp/result-codes.ts';

interface Operation {
  operationId: string;
  parameters: { $ref: string }[];
  requestBody: { content: Record<string, { schema: { $ref: string }; examples?: Record<string, unknown> }> };
  responses: Record<string, unknown>;
}
const document = openApiDocument() as {
  openapi: string;
  security: Record<string, unknown>[];
  paths: Record<string, { post?: Operation; get?: Operation }>;
  components: Record<'schemas' | 'responses', Record<string, { properties?: Record<string, unknown> }>>;
};
const operations = Object.values(document.paths).flatMap(({ post, get }) => [post, get].filter((one) => one));

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
  });

  it('is told to be wrong by the same validator when it is', async () => {
    const wrong = structuredClone(document) as unknown as { paths: Record<string, unknown> };
    wrong.paths['/{tld}/check'] = { post: { responses: 'none' } };
    expect((await new Validator().validate(wrong)).valid).toBe(false);
  });

  it('refers to nothing that is not there, and holds nothing that nobody refers to', () => {
    const text = JSON.stringify(document);
    const found = new Set([...text.matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(([, path]) => path));
    for (const scheme of document.security.flatMap(Object.keys)) found.add(`securitySchemes/${scheme}`);
    const there = Object.entries(document.components).flatMap(([kind, named]) =>
      Object.keys(named).map((name) => `${kind}/${name}`),
    );
    // data of poll messages, and of what is answered later, belongs to no command
    const byData = Object.keys(document.components.schemas).filter((name) => /PanData$|PollData$/.test(name));
    expect([...found].sort()).toEqual(
      there.filter((name) => !byData.includes(name.replace('schemas/', ''))).sort(),
    );
  });

  it('has each operation under a name of its own', () => {
    const ids = operations.map((operation) => operation?.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has a path for every command of the catalogue, and no other', () => {
    const own = ['hello', 'login', 'logout'];
    const wanted = CATALOGUE.filter((command) => !own.includes(nameOf(command))).flatMap(
      ({ object, command }) => [
        `/{tld}/${object === undefined ? command : `${object}/${command}`}`,
        ...(object === 'domain' ? [`/{tld}/${command}`] : []),
      ],
    );
    const commands = Object.keys(document.paths).filter((path) => document.paths[path]?.post);
    expect(commands.sort()).toEqual([...new Set([...wanted, '/{tld}/raw'])].sort());
  });

  it('has every extension with the commands that take it', () => {
    for (const { name, commands } of EXTENSIONS) {
      for (const command of Object.keys(commands)) {
        if (command === 'login') continue;
        const [object, verb] = command.split(':');
        const ref = document.paths[`/{tld}/${object}/${verb}`]?.post?.requestBody.content['application/json'];
        const schema = document.components.schemas[ref?.schema.$ref.split('/').at(-1) ?? ''];
        const extensions = schema?.properties?.extensions as { properties: Record<string, unknown> };
        expect([command, Object.keys(extensions.properties)]).toEqual([
          command,
          expect.arrayContaining([name, 'raw']),
        ]);
      }
    }
  });

  it('shows a request for every command, and for every extension of one', () => {
    for (const [path, { post }] of Object.entries(document.paths)) {
      const examples = post?.requestBody.content['application/json']?.examples;
      if (post) expect([path, Object.keys(examples ?? {}).includes('plain')]).toEqual([path, true]);
    }
    const shown = new Set(ALL_EXAMPLES.map(({ name }) => name));
    const taken = EXTENSIONS.filter(({ commands }) => Object.keys(commands).some((name) => name !== 'login'));
    expect(taken.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
  });

  it('takes its own examples, and not what the adapter would refuse', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(document as unknown as object, 'document');
    for (const { operation, name, body } of ALL_EXAMPLES) {
      const path = `/{tld}/${operation.replace(':', '/')}`;
      const ref = document.paths[path]?.post?.requestBody.content['application/json']?.schema.$ref;
      const validate = ajv.getSchema(`document${ref}`);
      if (!validate) throw new Error(`no schema for ${path}`);
      validate(body);
      expect([operation, name, validate.errors]).toEqual([operation, name, null]);
      expect([operation, validate({ ...body, unheardOf: 1 })]).toEqual([operation, false]);
    }
  });

  it('tells of every status that there is', () => {
    const statuses = [
      ...Object.values(PROBLEMS).map(({ status }) => status),
      ...Object.keys(RESULT_MESSAGES).map((code) => statusOfCode(Number(code))),
      504,
    ];
    // a method that is none of an operation's belongs to none
    const wanted = new Set(statuses.filter((status) => status !== 405).map(String));
    const told = Object.keys(document.paths['/{tld}/check']?.post?.responses ?? {});
    expect(told.sort()).toEqual([...wanted].sort());
  });

  it('takes idempotency keys where something is changed', () => {
    const keyed = (path: string) =>
      document.paths[path]?.post?.parameters.some(({ $ref }) => $ref.endsWith('/idempotencyKey'));
    expect([keyed('/{tld}/create'), keyed('/{tld}/check'), keyed('/{tld}/raw')]).toEqual([true, false, true]);
  });

  it('describes every kind of data that a registry answers with', () => {
    expect(Object.keys(RESPONSE_DATA).sort()).toEqual(dataTypes().sort());
  });
});
