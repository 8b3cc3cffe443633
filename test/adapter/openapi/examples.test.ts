import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_EXAMPLES } from '../../../src/adapter/openapi/command-paths.ts';
import { EXTENSIONS } from '../../../src/epp/extensions/catalogue.ts';
import { FEATURE_NAMES } from '../../../src/epp/profiles/names.ts';
import { CLIENT_ID, type Harness, type Reply, start } from '../harness.ts';

/** The day of the examples. */
const TODAY = new Date('2026-01-31T12:00:00Z');
const authInfo = { pw: '2fooBAR' };

let h: Harness;
let schemas: (name: string) => ValidateFunction;
beforeAll(async () => {
  // every example's extension is on offer: else it would not even be sent
  h = await start({
    today: TODAY,
    registry: { extensions: EXTENSIONS.flatMap(({ uris }) => uris) },
    account: { dialect: { features: [...FEATURE_NAMES] } },
  });
  h.registry.control({ enqueue: { clientId: CLIENT_ID, messages: ['Transfer requested.'] } });
  await h.post('/com/contact/create', {
    id: 'sh8014',
    postalInfos: [{ type: 'int', name: 'Jane Doe', addr: { city: 'Dulles', cc: 'US' } }],
    email: 'jane@example.com',
    authInfo,
  });
  await h.post('/net/create', { name: 'example.net', authInfo });
  await h.post('/com/host/create', { name: 'ns2.example.net' });
  const { body } = await h.get('/openapi.json');
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(body, 'document');
  schemas = (name) => {
    const validate = ajv.getSchema(`document#/components/schemas/${name}`);
    if (!validate) throw new Error(`no schema ${name}`);
    return validate;
  };
});
afterAll(() => h.stop());

/** What a registry in this state refuses: the code, by operation and name. Everything else is carried out. */
const REFUSED = new Map([
  ['contact:transfer plain', 2301],
  // the example before has changed its authInfo
  ['domain:transfer plain', 2202],
  // a domain that is deleted on its first day is gone at once
  ['domain:restore plain', 2303],
  ['domain:update rgp', 2304],
]);

function conforms(reply: Reply): void {
  const validate = schemas(reply.status === 200 ? 'Answer' : 'Problem');
  validate(reply.body);
  expect(validate.errors).toBeNull();
  const type: string | undefined = reply.body.dataType;
  if (type === undefined) return;
  const data = schemas(type.replaceAll(/(?:^|:)([a-z])/g, (_, letter: string) => letter.toUpperCase()));
  data(reply.body.data);
  expect(data.errors).toBeNull();
}

describe('the examples of the OpenAPI document', { timeout: 30_000 }, () => {
  const statuses = new Map<string, number>();

  it.each(ALL_EXAMPLES)('$operation, $name, is taken', async ({ operation, name, body }) => {
    const path = operation.replace(':', '/');
    const reply = await h.post(`/com/${path}`, body);
    const refused = REFUSED.get(`${operation} ${name}`);
    const code = refused ?? expect.toSatisfy((done: number) => done < 2000);
    expect(reply.body).toMatchObject({ outcome: 'done', results: [{ code }] });
    conforms(reply);
    statuses.set(`${operation} ${name}`, reply.status);
  });

  it('are mostly carried out', () => {
    const plain = [...statuses].filter(([key]) => key.endsWith(' plain'));
    const done = plain.filter(([, status]) => status === 200).map(([key]) => key);
    expect(done.length).toBeGreaterThanOrEqual(15);
  });
});

describe('the document that an adapter shows', () => {
  it('is the one that the subcommand prints', async () => {
    const { body, headers } = await h.get('/openapi.json');
    const { openApiDocument } = await import('../../../src/adapter/openapi/document.ts');
    expect(body).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
    expect(headers.get('content-type')).toMatch(/^application\/json/);
  });
});
