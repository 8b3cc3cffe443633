/** Where a request goes, how it is written and what its headers say. */
import { gzipSync } from 'node:zlib';
import { type Bad, bad, create, many } from './case.ts';

const check = { names: ['a.com'] };

const notFound = (path: string, code: string, field: string, says: string, body: unknown = check): Bad =>
  bad(path, body, field, says, { status: 404, code });
const header = (name: string, value: string, says: string): Bad =>
  bad('/com/check', check, name, says, { code: 'bad-header', headers: { [name]: value } });
const type = (value: string, body: unknown = check): Bad =>
  bad('/com/check', body, 'content-type', 'must be application/json', {
    status: 415,
    code: 'unsupported-media-type',
    headers: { 'content-type': value },
  });
const encoded = (value: string): Bad =>
  bad(
    '/com/check',
    gzipSync(JSON.stringify(check)).toString('latin1'),
    'content-encoding',
    'not compressed',
    {
      status: 415,
      code: 'unsupported-media-type',
      headers: { 'content-encoding': value },
    },
  );
const noJson = (body: string): Bad =>
  bad('/com/check', body, 'body', 'must be valid JSON', { code: 'bad-json' });

export const places: readonly Bad[] = [
  // TLDs
  notFound('/org/check', 'unknown-tld', 'tld', '"org"'),
  notFound('/xcom/check', 'unknown-tld', 'tld', 'there are com, net, xn--fiqs8s'),
  notFound('/com./check', 'unknown-tld', 'tld', '"com."'),
  notFound('/.com/check', 'unknown-tld', 'tld', '".com"'),
  notFound('/com.org/check', 'unknown-tld', 'tld', '"com.org"'),
  notFound('/-com/check', 'unknown-tld', 'tld', '"-com"'),
  notFound('/co%20m/check', 'unknown-tld', 'tld', '"co m"'),
  notFound('/%00/check', 'unknown-tld', 'tld', '"\\u0000"'),
  notFound('/%2e%2e%2fcom/check', 'unknown-tld', 'tld', '"../com"'),
  notFound(`/${'x'.repeat(300)}/check`, 'unknown-tld', 'tld', 'x…"'),
  notFound('/xn--99999999/check', 'unknown-tld', 'tld', '"xn--99999999"'),
  notFound('/%E4%B8%AD/check', 'unknown-tld', 'tld', '"中"'),
  notFound('/127.0.0.1/check', 'unknown-tld', 'tld', '"127.0.0.1"'),
  // objects and commands
  notFound('/com/frobnicate', 'unknown-command', 'command', 'check, info, create'),
  notFound('/com/CHECK', 'unknown-command', 'command', '"CHECK"'),
  notFound('/com/login', 'unknown-command', 'command', '"login"'),
  notFound('/com/logout', 'unknown-command', 'command', '"logout"'),
  notFound('/com/hello', 'unknown-command', 'command', '"hello"'),
  notFound('/com/constructor', 'unknown-command', 'command', '"constructor"'),
  notFound(`/com/${'x'.repeat(200)}`, 'unknown-command', 'command', `"${'x'.repeat(64)}"`),
  notFound('/com/host/renew', 'unknown-command', 'command', 'for a host; there are check, info, create'),
  notFound('/com/contact/renew', 'unknown-command', 'command', 'for a contact'),
  notFound('/com/host/transfer', 'unknown-command', 'command', 'for a host'),
  notFound('/com/domain/poll', 'unknown-command', 'command', 'for a domain', { op: 'req' }),
  notFound('/com/domain/raw', 'unknown-command', 'command', 'for a domain'),
  notFound('/com/maintenance/check', 'unknown-command', 'command', 'there are info'),
  notFound('/com/balance/update', 'unknown-command', 'command', 'there are info'),
  notFound('/com/nameserver/check', 'unknown-object', 'object', 'there are domain, host, contact'),
  notFound('/com/__proto__/check', 'unknown-object', 'object', '"__proto__"'),
  notFound('/com/toString/check', 'unknown-object', 'object', '"toString"'),
  notFound('/com/Domain/check', 'unknown-object', 'object', '"Domain"'),
  notFound('/com/session/login', 'unknown-object', 'object', '"session"'),
  // paths that lead to no command
  bad('/com', {}, [], 'POST /{tld}/{command}', { status: 404, code: 'not-found' }),
  bad('/', {}, [], 'POST /{tld}/{command}', { status: 404, code: 'not-found' }),
  bad('/com/domain/check/more', {}, [], 'POST /{tld}/{command}', { status: 404, code: 'not-found' }),
  bad('/%ZZ/check', {}, [], 'cannot be decoded', { code: 'bad-path' }),
  bad('/com/%E4%B8/check', {}, [], 'cannot be decoded', { code: 'bad-path' }),
  bad(`/${'x'.repeat(2_000)}/check`, {}, [], 'too long', { code: 'bad-path' }),
  bad('/com/check?names=b.com', check, 'query', 'stands in its body'),
  bad('/com/create?dryRun=true', create, 'query', 'must be absent'),
  // headers
  bad('/com/check', check, 'x-epp-accreditation', 'there are acme', {
    status: 404,
    code: 'unknown-accreditation',
    headers: { 'x-epp-accreditation': 'nobody' },
  }),
  header('x-epp-tenant', '', '1 to 64'),
  header('x-epp-tenant', 'a b', 'characters of a token'),
  header('x-epp-tenant', 'ä', 'characters of a token'),
  header('x-epp-tenant', 'x'.repeat(65), '1 to 64'),
  header('x-epp-timeout', '', 'milliseconds'),
  header('x-epp-timeout', '0', '1 ms to 1h'),
  header('x-epp-timeout', '-1', '1 ms to 1h'),
  header('x-epp-timeout', '1.5', 'milliseconds'),
  header('x-epp-timeout', 'soon', 'a duration such as 5s'),
  header('x-epp-timeout', '2h', '1 ms to 1h'),
  header('x-epp-timeout', '3600001', '1 ms to 1h'),
  header('x-epp-timeout', '2026-01-31T12:00:00Z', 'milliseconds'),
  header('x-epp-timeout', '1, 2', 'milliseconds'),
  header('idempotency-key', '', '1 to 255'),
  header('idempotency-key', '""', 'one key'),
  header('idempotency-key', 'two keys', 'without a space'),
  header('idempotency-key', '"a", "b"', 'one key'),
  header('idempotency-key', 'x'.repeat(256), '1 to 255'),
  header('idempotency-key', 'schlüssel', 'printable'),
  bad('/com/check', check, ['x-epp-tenant', 'x-epp-timeout', 'idempotency-key'], 'characters of a token', {
    code: 'bad-header',
    headers: { 'x-epp-tenant': 'a b', 'x-epp-timeout': 'soon', 'idempotency-key': 'a b' },
  }),
  // how a body is written
  type('application/yaml', 'names: [a.com]'),
  type('text/plain'),
  type('application/x-www-form-urlencoded', 'names=a.com'),
  type('multipart/form-data; boundary=x', '--x--'),
  type('application/xml', '<check/>'),
  type('application/jsonp'),
  type('application/problem+json'),
  type('nonsense'),
  encoded('gzip'),
  encoded('br'),
  encoded('identity, gzip'),
  // the body as a whole
  noJson(''),
  noJson(' '),
  noJson('{"names": ["a.com"]'),
  noJson('{"names": ["a.com"]}}'),
  noJson('{"names": ["a.com"],}'),
  noJson("{'names': ['a.com']}"),
  noJson('{names: ["a.com"]}'),
  noJson('names=a.com'),
  noJson('{"names": [01]}'),
  noJson('{"names": [NaN]}'),
  noJson('{"names": ["a.com\u0000"]}'),
  noJson('{"__proto__": {"x": 1}}'),
  noJson('{"names": ["a.com"], "constructor": {"prototype": {"x": 1}}}'),
  noJson('['.repeat(100_000)),
  ...['null', '"a.com"', '17', 'true', '[]', '["a.com"]'].map((body) =>
    bad('/com/check', body, 'body', 'must be a JSON object'),
  ),
  bad('/com/create', { ...create, x: 'x'.repeat(300_000) }, 'body', 'at most 256 KiB', {
    status: 413,
    code: 'body-too-large',
  }),
  bad('/com/raw', '<'.repeat(300_000), 'body', 'at most 256 KiB', {
    status: 413,
    code: 'body-too-large',
    headers: { 'content-type': 'application/xml' },
  }),
  bad(
    '/com/check',
    Object.fromEntries(many(500, (index) => [`field${index}`, index])),
    ['names', ...many(99, (index) => `field${index}`)],
    'is missing',
  ),
];
