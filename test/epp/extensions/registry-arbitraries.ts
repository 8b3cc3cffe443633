/** What registries' own extensions may hold: with commands, by the command's name, and with answers, by the element's. */
import fc, { type Arbitrary } from 'fast-check';
import { clID, label, list, object, words } from '../command-arbitraries.ts';

type Values = Record<string, Arbitrary<Record<string, unknown>>>;

const oneOfThem = (value: Record<string, unknown>) => Object.keys(value).length > 0;

const chinese = fc.constantFrom('中国.cn', '中國.cn', 'xn--fiqs8s.cn');
const amount = fc.constantFrom('0', '10.00', '-3.5', '123456.789');
const languageTag = fc.constantFrom('zh', 'ZHO', 'sr-Latn');

const subProduct = object({ subProduct: fc.oneof(words(1, 64), fc.constantFrom('dotCOM', 'XN--TCKWE')) });
const day = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2000-12-31'), noInvalidDate: true })
  .map((date) => `-${date.toISOString().slice(4, 10)}`);

const attribute = object({ key: words(1, 50), value: fc.oneof(words(1, 60), fc.constant('')) });
const coaChange = object({}, { rem: list(words(1, 50)), put: list(attribute) }).filter(oneOfThem);

const cdnForms = { SCDN: chinese, TCDN: chinese };
const cdnNames = object({}, { ...cdnForms, VCDNList: list(chinese) });
const variants = object({ VCDNs: list(chinese) });

const cnnicDetails = object(
  {},
  {
    type: fc.constantFrom('I', 'E'),
    contact: object({ type: fc.constantFrom('SFZ', 'ORG', 'QT'), value: words(1, 30) }),
    purveyor: clID,
    mobile: fc.constant('+86.13800000000'),
  },
).filter(oneOfThem);
const purveyor = object({ purveyor: clID });
const cnnicDomain = object({ purveyor: clID }, { type: fc.constantFrom('I', 'E') });

const named = (value: Arbitrary<unknown>) => object({ value }, { name: words(1, 30) });
const chargeSets = list(
  object({
    category: named(words(1, 30)),
    type: named(fc.constantFrom('fee', 'price', 'credit', 'custom')),
    amounts: list(
      object(
        { command: fc.constantFrom('create', 'update', 'custom'), value: amount },
        { name: words(1, 30) },
      ),
    ),
  }),
);
const charges = object({ sets: chargeSets });

const everyObjectCommand = [
  ...['check', 'info', 'create', 'update', 'delete', 'renew', 'transfer'].map((name) => `domain:${name}`),
  ...['check', 'info', 'create', 'update', 'delete'].map((name) => `host:${name}`),
  ...['check', 'info', 'create', 'update', 'delete', 'transfer'].map((name) => `contact:${name}`),
];

export const WITH_COMMANDS: Record<string, Values> = {
  namestoreExt: Object.fromEntries(everyObjectCommand.map((name) => [name, subProduct])),
  sync: { 'domain:update': object({ expMonthDay: day }) },
  whoisInf: { 'domain:info': object({ flag: fc.boolean() }) },
  idnLang: { 'domain:create': object({ tag: languageTag }) },
  coa: { 'domain:create': object({ attrs: list(attribute) }), 'domain:update': coaChange },
  cdn: {
    'domain:create': cdnNames,
    'domain:update': object(
      {},
      { chg: object({}, cdnForms).filter(oneOfThem), add: variants, rem: variants },
    ).filter(oneOfThem),
  },
  cnnicContact: {
    'contact:create': cnnicDetails,
    'contact:update': object({}, { add: cnnicDetails, rem: cnnicDetails, chg: cnnicDetails }).filter(
      oneOfThem,
    ),
  },
  cnnicDomain: {
    'domain:create': cnnicDomain,
    'domain:update': object({ chg: cnnicDomain }),
  },
  cnnicHost: { 'host:create': purveyor, 'host:update': object({ chg: purveyor }) },
  charge: {
    'domain:create': charges,
    'domain:renew': charges,
    'domain:transfer': charges,
    'domain:update': charges,
  },
};

export const WITH_ANSWERS: Record<string, Values> = {
  namestoreExt: {
    namestoreExt: subProduct,
    nsExtErrData: object({
      msg: object({ code: fc.constant(1), text: words(1, 60) }, { lang: fc.constant('en') }),
    }),
  },
  whoisInf: {
    whoisInfData: object(
      { registrar: words(1, 60) },
      { whoisServer: label, url: words(1, 60), irisServer: label },
    ),
  },
  idnLang: { tag: object({ tag: languageTag }) },
  coa: { infData: object({ attrs: list(attribute) }) },
  cdn: {
    infData: object(
      {},
      {
        ...cdnForms,
        OCDNPunycode: label,
        SCDNPunycode: label,
        TCDNPunycode: label,
        VCDNList: object({ VCDNs: list(chinese), VCDNPunycodes: list(label) }),
      },
    ),
    creData: cdnNames,
    delData: cdnNames,
    renData: cdnNames,
    trnData: cdnNames,
  },
  cnnicContact: { infData: cnnicDetails },
  cnnicDomain: { infData: cnnicDomain },
  cnnicHost: { infData: purveyor },
  charge: {
    chkData: object({ cd: list(object({ name: label, sets: chargeSets })) }),
    infData: charges,
    creData: charges,
    trnData: charges,
    renData: charges,
    upData: charges,
  },
};
