/** For each extension of commands a request that carries it. */
import type { Example } from './examples.ts';

const authInfo = { pw: '2fooBAR' };
const create = (name: string) => ({ name: `${name.toLowerCase()}.com`, authInfo });
const contact = (id: string) => ({
  id,
  postalInfos: [{ type: 'int', name: 'John Doe', addr: { city: 'Dulles', cc: 'US' } }],
  email: 'jdoe@example.com',
  authInfo,
});
const fees = [{ value: '5.00' }];

const extended = (
  operation: string,
  name: string,
  value: unknown,
  body: Record<string, unknown>,
): Example => ({ operation, name, body: { ...body, extensions: { [name]: value } } });

export const EXTENSION_EXAMPLES: readonly Example[] = [
  extended(
    'domain:create',
    'secDNS',
    {
      dsData: [
        {
          keyTag: 12345,
          alg: 13,
          digestType: 2,
          digest: '38EC35D5B3A34B44C39B38EC35D5B3A34B44C39B38EC35D5B3A34B44C39B38EC',
        },
      ],
    },
    create('secDNS'),
  ),
  extended('domain:update', 'secDNS', { rem: { all: true } }, { name: 'secdns.com' }),
  extended('domain:update', 'rgp', { restore: { op: 'request' } }, { name: 'secdns.com', chg: {} }),
  extended(
    'domain:check',
    'fee',
    { currency: 'USD', commands: [{ name: 'create', period: { unit: 'y', value: 1 } }] },
    { names: ['fee.com'] },
  ),
  extended('domain:create', 'fee', { currency: 'USD', fees }, create('fee')),
  extended(
    'domain:check',
    'launch',
    { type: 'claims', phase: { value: 'claims' } },
    { names: ['launch.com'] },
  ),
  extended('domain:create', 'launch', { phase: { value: 'open' } }, create('launch')),
  extended(
    'domain:create',
    'idn',
    { table: 'es', uname: 'español.com' },
    {
      name: 'xn--espaol-zwa.com',
      authInfo,
    },
  ),
  extended('domain:create', 'allocationToken', 'abc123', create('allocationToken')),
  extended('domain:create', 'ttl', { ttls: [{ for: 'NS', value: 3600 }] }, create('ttl')),
  extended('contact:create', 'addlEmail', { email: 'jdoe-alternate@example.com' }, contact('addl8013')),
  extended('domain:info', 'verificationCode', { profile: 'sample' }, { name: 'secdns.com' }),
  extended('domain:check', 'namestoreExt', { subProduct: 'dotCOM' }, { names: ['namestore.com'] }),
  extended('domain:update', 'sync', { expMonthDay: '--06-30' }, { name: 'secdns.com' }),
  extended('domain:info', 'whoisInf', { flag: true }, { name: 'secdns.com' }),
  extended('domain:create', 'idnLang', { tag: 'ESP' }, { name: 'xn--maana-pta.com', authInfo }),
  extended('domain:create', 'coa', { attrs: [{ key: 'key1', value: 'value1' }] }, create('coa')),
  extended('domain:create', 'cdn', { SCDN: '实例.com' }, { name: 'xn--fsq270a.com', authInfo }),
  extended(
    'contact:create',
    'cnnicContact',
    { type: 'I', contact: { type: 'SFZ', value: '110101199003070000' }, mobile: '+86.13800000000' },
    contact('cnnic8013'),
  ),
  extended('domain:create', 'cnnicDomain', { type: 'E', purveyor: 'agent-1' }, create('cnnicDomain')),
  extended('host:create', 'cnnicHost', { purveyor: 'agent-1' }, { name: 'ns1.example.org' }),
  extended(
    'domain:create',
    'charge',
    {
      sets: [
        {
          category: { value: 'premium', name: 'AAAA' },
          type: { value: 'price' },
          amounts: [{ command: 'create', value: '100.00' }],
        },
      ],
    },
    create('charge'),
  ),
];
