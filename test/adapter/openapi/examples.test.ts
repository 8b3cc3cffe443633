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
    file: { idempotency: { store: 'memory' } },
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

describe('the examples of the OpenAPI document', () => {
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

describe('what goes wrong', () => {
  const fee = {
    fee: { commands: [{ name: 'create', class: 'x', date: '2026-01-31T12:00:00Z', currency: 'USD' }] },
  };
  const xml =
    '<info><domain:info xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>nowhere.com</domain:name></domain:info></info>';
  const created = { name: 'problems.com', authInfo };
  const key = { 'idempotency-key': 'problems-1' };

  it.each([
    ['check', '{', {}, 400, 'bad-json'],
    ['check', { names: [7], x: 1 }, {}, 400, 'invalid-request'],
    ['check', { names: ['a.com'] }, { 'x-epp-timeout': 'soon' }, 400, 'bad-header'],
    ['check', { names: ['a.com'] }, { 'x-epp-accreditation': 'nobody' }, 404, 'unknown-accreditation'],
    ['check', { names: ['a.com'] }, { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    ['check', { names: ['x'.repeat(300_000)] }, {}, 413, 'body-too-large'],
    ['check', { names: ['a.com'], extensions: fee }, {}, 422, 'not-offered'],
    ['create', created, key, 200, ''],
    ['create', { ...created, period: { value: 2 } }, key, 422, 'idempotency-key-reused'],
    ['create', created, { 'idempotency-key': 'problems-2' }, 409, 'epp-2302'],
    ['create', created, { 'idempotency-key': 'problems-2' }, 409, 'epp-2302'],
    ['renew', { name: 'nowhere.com', curExpDate: '2027-01-31' }, {}, 404, 'epp-2303'],
    ['domain/transfer', { op: 'request', name: 'problems.com' }, {}, 409, 'epp-2106'],
    ['contact/info', { id: 'nobody' }, {}, 404, 'epp-2303'],
    ['raw', { xml }, {}, 404, 'epp-2303'],
    ['raw', { xml: '<login/>' }, {}, 400, 'invalid-request'],
    ['poll', { op: 'ack', msgID: 'none' }, {}, 404, 'epp-2303'],
  ])('is told as the document says: %s %j %j is %d %s', async (path, body, headers, status, code) => {
    const reply = await h.post(`/com/${path}`, body, headers);
    expect([reply.status, reply.body.type ?? '']).toEqual([status, code && `/problems/${code}`]);
    conforms(reply);
    const { body: document } = await h.get('/openapi.json');
    const told = document.paths[`/{tld}/${path}`].post.responses[status];
    const response = '$ref' in told ? document.components.responses[told.$ref.split('/').at(-1)] : told;
    const ours = [...reply.headers.keys()].filter((name) => /^(x-|retry-|age|idempotency-|trace)/.test(name));
    expect(Object.keys(response.headers)).toEqual(expect.arrayContaining(ours));
    expect(Object.keys(response.content)).toEqual([reply.headers.get('content-type')?.split(';')[0]]);
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
