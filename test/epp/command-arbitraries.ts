/** Commands of every kind, as a caller might give them: valid, and complete where the schemas would fill in a default. */
import fc, { type Arbitrary } from 'fast-check';
import { CATALOGUE } from '../../src/epp/catalogue.ts';
import type { EppCommand, EppObject } from '../../src/epp/command.ts';
import { DOMAIN_STATUSES } from '../../src/epp/commands/domain.ts';

/** Without the keys whose value is undefined. */
export type Fields = Record<string, Arbitrary<unknown>>;
export const object = (required: Fields, optional: Fields = {}): Arbitrary<Record<string, unknown>> =>
  fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) }) as Arbitrary<
    Record<string, unknown>
  >;
export const list = (item: Arbitrary<unknown>, maxLength = 4) => fc.array(item, { minLength: 1, maxLength });

const WORDS = [
  'a',
  'Bo',
  'x-1',
  '&',
  '<b>',
  '"q"',
  "'",
  '北京',
  'é',
  '😀',
  '&amp;',
  ']]>',
  '--',
  '%20',
  '{}',
];
export const words = (minLength: number, maxLength: number) =>
  list(fc.constantFrom(...WORDS), 8)
    .map((parts) => parts.join(' '))
    .filter((text) => [...text].length >= minLength && [...text].length <= maxLength);
export const label = fc.oneof(fc.domain(), fc.constantFrom('xn--fiqs8s.cn', 'EXAMPLE.COM', 'a&b.test'));
export const clID = words(3, 16);
/** XML Schema's dateTime, in UTC. */
export const dateTime = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2199-12-31'), noInvalidDate: true })
  .map((time) => time.toISOString());
const date = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2199-12-31'), noInvalidDate: true })
  .map((day) => day.toISOString().slice(0, 10));
export const address = fc.oneof(
  object({ ip: fc.constant('v4'), addr: fc.ipV4() }),
  object({ ip: fc.constant('v6'), addr: fc.ipV6() }).filter(({ addr }) => String(addr).length >= 3),
);
export const roid = fc.constantFrom('SH8013-REP', 'a_1-X');
export const authInfo = object(
  { pw: fc.oneof(words(0, 40), fc.constantFrom('', ' spaces count  ')) },
  { roid },
);
export const period = object({ unit: fc.constantFrom('y', 'm'), value: fc.integer({ min: 1, max: 99 }) });
export const ns = fc.oneof(
  object({ hostObjs: list(label) }),
  object({ hostAttrs: list(object({ hostName: label }, { hostAddrs: list(address) })) }),
);
export const contact = object({ id: clID }, { type: fc.constantFrom('admin', 'billing', 'tech') });
export const status = (values: readonly string[]) =>
  object({ s: fc.constantFrom(...values) }, { lang: fc.constantFrom('en', 'zh-CN'), text: words(1, 40) });
const op = fc.constantFrom('request', 'query', 'approve', 'reject', 'cancel');
const COMMON_STATUSES = ['clientDeleteProhibited', 'clientUpdateProhibited', 'ok', 'linked'];

const domainChange = object({}, { ns, contacts: list(contact), statuses: list(status(DOMAIN_STATUSES)) });
const hostChange = object({}, { addrs: list(address), statuses: list(status(COMMON_STATUSES)) });
const contactChange = object({ statuses: list(status(COMMON_STATUSES)) });
export const addr = object(
  { city: words(1, 60), cc: fc.constantFrom('CN', 'us') },
  {
    streets: list(fc.oneof(words(1, 60), fc.constant('')), 3),
    sp: words(1, 30),
    pc: fc.constantFrom('', '100 000'),
  },
);
export const postalType = { type: fc.constantFrom('int', 'loc') };
export const org = { org: fc.oneof(words(1, 60), fc.constant('')) };
const forms = list(fc.constantFrom('int', 'loc'), 2);
export const disclose = object(
  { flag: fc.boolean() },
  {
    names: forms,
    orgs: forms,
    addrs: forms,
    voice: fc.constant(true),
    fax: fc.constant(true),
    email: fc.constant(true),
  },
);
export const phone = object(
  { number: fc.constantFrom('+1.7035555555', '') },
  { x: fc.constantFrom('', '12 34') },
);
const contactDetails = { voice: phone, fax: phone, disclose };
const email = words(1, 40);

/** Text, or XML where there are elements in it. */
const mixed = fc.oneof(
  words(1, 60),
  fc.constant('two\nlines'),
  object({ xml: fc.constant('<a b="&lt;">c</a> and <d/>') }),
);
const reportText = fc.oneof(
  object({ text: words(1, 60) }, { lang: fc.constantFrom('en', 'zh-CN') }),
  object({ xml: fc.constant('see <x:y xmlns:x="urn:x"/>') }),
);
const report = object(
  {
    preData: mixed,
    postData: mixed,
    delTime: dateTime,
    resTime: dateTime,
    resReason: reportText,
    statements: list(reportText, 2),
  },
  { other: mixed },
);
export const restore = fc.oneof(
  object({ op: fc.constant('request') }),
  object({ op: fc.constant('report'), report }),
);

/** Bodies by command; the test that uses them finds a command that is missing here. */
export const BODIES: Record<string, Arbitrary<Record<string, unknown>>> = {
  hello: object({}),
  logout: object({}),
  login: object(
    {
      clID,
      pw: words(6, 16),
      options: object({ version: fc.constant('1.0'), lang: fc.constantFrom('en', 'fr-CA') }),
      svcs: object(
        {
          objURIs: list(fc.constantFrom('urn:ietf:params:xml:ns:domain-1.0', 'http://a.example/x-1.0?y=%20')),
        },
        { svcExtension: object({ extURIs: list(fc.constantFrom('urn:a', 'http://b.example/#c')) }) },
      ),
    },
    { newPW: words(6, 16) },
  ),
  poll: fc.oneof(object({ op: fc.constant('req') }), object({ op: fc.constant('ack'), msgID: words(1, 30) })),
  'domain:check': object({ names: list(label, 30) }),
  'domain:info': object({ name: label }, { hosts: fc.constantFrom('all', 'del', 'none', 'sub'), authInfo }),
  'domain:create': object(
    { name: label, authInfo },
    { period, ns, registrant: clID, contacts: list(contact) },
  ),
  'domain:update': object(
    { name: label },
    {
      add: domainChange,
      rem: domainChange,
      chg: object({}, { registrant: fc.option(clID), authInfo: fc.option(authInfo) }),
    },
  ),
  'domain:delete': object({ name: label }),
  'domain:restore': fc.tuple(label, restore).map(([name, asked]) => ({ name, ...asked })),
  'domain:renew': object({ name: label, curExpDate: date }, { period }),
  'domain:transfer': object({ op, name: label }, { period, authInfo }),
  'host:check': object({ names: list(label) }),
  'host:info': object({ name: label }),
  'host:create': object({ name: label }, { addrs: list(address) }),
  'host:update': object({ name: label }, { add: hostChange, rem: hostChange, chg: object({ name: label }) }),
  'host:delete': object({ name: label }),
  'contact:check': object({ ids: list(clID) }),
  'contact:info': object({ id: clID }, { authInfo }),
  'contact:create': object(
    {
      id: clID,
      postalInfos: list(object({ ...postalType, name: words(1, 60), addr }, org), 2),
      email,
      authInfo,
    },
    contactDetails,
  ),
  'contact:update': object(
    { id: clID },
    {
      add: contactChange,
      rem: contactChange,
      chg: object(
        {},
        {
          postalInfos: list(object(postalType, { name: words(1, 60), addr, ...org }), 2),
          email,
          authInfo,
          ...contactDetails,
        },
      ),
    },
  ),
  'contact:delete': object({ id: clID }),
  'contact:transfer': object({ op, id: clID }, { authInfo }),
  'maintenance:info': fc.oneof(object({ list: fc.constant(true) }), object({ id: words(1, 40) })),
  'balance:info': object({}),
  'finance:info': object({}),
};

export const anyCommand: Arbitrary<EppCommand> = fc.oneof(
  ...CATALOGUE.map(({ object: name, command }) => commandArbitrary(name, command)),
);

export function commandArbitrary(name: EppObject | undefined, command: string): Arbitrary<EppCommand> {
  const key = name === undefined ? command : `${name}:${command}`;
  const body = BODIES[key];
  if (!body) throw new Error(`no arbitrary for ${key}: add one`);
  const fields: Fields = { body };
  const optional: Fields =
    command === 'hello'
      ? {}
      : {
          clTRID: words(3, 64),
          extensions: object({
            raw: list(fc.constant('<x:y xmlns:x="urn:x" z="1">t<w xmlns=""/></x:y>'), 2),
          }),
        };
  return object(fields, optional).map((rest) => ({
    ...(name === undefined ? {} : { object: name }),
    command,
    ...(rest as { body: Record<string, unknown> }),
  }));
}
