/** Extensions of single registries, and XML of callers in `extensions.raw`. */
import { type Bad, bad, contact, create } from './case.ts';

const on = (path: string, body: object, extension: string) => (value: unknown, below: string, says: string) =>
  bad(
    path,
    { ...body, extensions: { [extension]: value } },
    `extensions.${extension}${below === '' || below.startsWith('[') ? below : `.${below}`}`,
    says,
  );
const name = { name: 'a.com' };
const created = (extension: string) => on('/com/create', create, extension);
const updated = (extension: string) => on('/com/update', name, extension);
const contacts = (extension: string) => on('/com/contact/create', contact, extension);

const verisign: readonly Bad[] = [
  created('namestoreExt')({}, 'subProduct', 'is missing'),
  created('namestoreExt')({ subProduct: '' }, 'subProduct', 'must have 1 to 64 characters'),
  on('/com/maintenance/info', { list: true }, 'namestoreExt')(
    { subProduct: 'dotCOM' },
    '',
    'does not go with',
  ),
  updated('sync')({ expMonthDay: '05-31' }, 'expMonthDay', 'must be a month and day as in "--05-31"'),
  updated('sync')({ expMonthDay: '--02-30' }, 'expMonthDay', 'must be a day that exists'),
  updated('sync')({ expMonthDay: '--13-01' }, 'expMonthDay', 'must be a day that exists'),
  created('sync')({ expMonthDay: '--05-31' }, '', 'does not go with domain:create'),
  on('/com/info', name, 'whoisInf')({ flag: 'true' }, 'flag', 'must be true or false'),
  on('/com/info', name, 'whoisInf')({}, 'flag', 'is missing'),
  created('idnLang')({ tag: '中文' }, 'tag', 'must be a language tag'),
  created('idnLang')('ZHO', '', 'must be an object'),
  created('coa')({ attrs: [] }, 'attrs', 'at least 1 item'),
  created('coa')(
    { attrs: [{ key: 'x'.repeat(51), value: '1' }] },
    'attrs[0].key',
    'must have 1 to 50 characters',
  ),
  updated('coa')({}, '', 'needs rem or put'),
  updated('coa')({ rem: [{ key: 'a' }] }, 'rem[0]', 'must be a string'),
];

const cnnic: readonly Bad[] = [
  created('cdn')({ SCDN: 'a b' }, 'SCDN', 'without spaces'),
  created('cdn')({ VCDNList: [] }, 'VCDNList', 'at least 1 item'),
  updated('cdn')({}, '', 'needs at least one of chg, add and rem'),
  updated('cdn')({ chg: {} }, 'chg', 'needs SCDN or TCDN'),
  updated('cdn')({ add: {} }, 'add.VCDNs', 'is missing'),
  contacts('cnnicContact')({}, '', 'must not be empty'),
  contacts('cnnicContact')({ type: 'P' }, 'type', 'must be one of I, E'),
  contacts('cnnicContact')(
    { contact: { type: 'sfz', value: '1' } },
    'contact.type',
    'must be a code in upper case',
  ),
  contacts('cnnicContact')({ contact: { type: 'SFZ' } }, 'contact.value', 'is missing'),
  contacts('cnnicContact')({ mobile: '13800000000' }, 'mobile', 'must be as in "+86.13800000000"'),
  created('cnnicContact')({ type: 'I' }, '', 'does not go with domain:create'),
  created('cnnicDomain')({ type: 'E' }, 'purveyor', 'is missing'),
  created('cnnicDomain')({ purveyor: 'x' }, 'purveyor', 'must have 3 to 16 characters'),
  updated('cnnicDomain')({ chg: {} }, 'chg', 'needs type or purveyor'),
  updated('cnnicDomain')({ add: { type: 'E' }, chg: { type: 'E' } }, 'add', 'is not known here'),
  on('/com/host/create', { name: 'ns1.a.com' }, 'cnnicHost')({}, 'purveyor', 'is missing'),
  on('/com/host/update', { name: 'ns1.a.com' }, 'cnnicHost')({}, 'chg', 'is missing'),
];

const set = {
  category: { value: 'premium' },
  type: { value: 'price' },
  amounts: [{ command: 'create', value: '100.00' }],
};
const charge = (more: object, below: string, says: string) =>
  created('charge')({ sets: [{ ...set, ...more }] }, `sets[0].${below}`, says);
const identityDigital: readonly Bad[] = [
  created('charge')({}, 'sets', 'is missing'),
  charge({ category: 'premium' }, 'category', 'must be an object'),
  charge({ type: { value: 'gift' } }, 'type.value', 'must be one of fee, price, credit, custom'),
  charge({ amounts: [] }, 'amounts', 'at least 1 item'),
  charge({ amounts: [{ command: 'buy', value: '1' }] }, 'amounts[0].command', 'must be one of check, create'),
  charge({ amounts: [{ command: 'create', value: '$1' }] }, 'amounts[0].value', 'must be an amount'),
];

const raw = (xml: unknown, says: string) => created('raw')([xml], '[0]', says);
const ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x xmlns="urn:x">&e;</x>';
const xml: readonly Bad[] = [
  created('raw')('<x xmlns="urn:x"/>', '', 'must be a list of XML elements'),
  created('raw')({}, '', 'must be a list of XML elements'),
  raw(7, 'must be an XML element as a string'),
  raw('', 'the document is empty'),
  raw('<x', 'ends inside the tag <x'),
  raw('<x xmlns="urn:x"/><y xmlns="urn:x"/>', 'something stands after the root element'),
  raw('<x/>', 'must be one element in a namespace of its own'),
  raw('<logout xmlns="urn:ietf:params:xml:ns:epp-1.0"/>', 'must be one element in a namespace of its own'),
  raw('<x xmlns="urn:x"><y></x></y>', '<y> is closed by another tag'),
  raw('<x xmlns="urn:x"/></extension><extension>', 'something stands after the root element'),
  raw('<p:x xmlns="urn:x"/>', 'the prefix "p" is not declared'),
  raw('<x xmlns="urn:x">&nbsp;</x>', 'an entity beyond the five of XML'),
  raw('<x xmlns="urn:x">a & b</x>', 'write &amp;'),
  raw('<x xmlns="urn:x">\u0001</x>', 'a character that XML forbids'),
  raw(ENTITY, 'DOCTYPE'),
  raw(`${'<a xmlns="urn:x">'.repeat(200)}${'</a>'.repeat(200)}`, 'more than 64 elements are nested'),
];

export const registryExtensions: readonly Bad[] = [...verisign, ...cnnic, ...identityDigital, ...xml];
