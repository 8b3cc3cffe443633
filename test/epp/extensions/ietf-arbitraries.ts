/** What the IETF's extensions may hold: with commands, by the command's name, and with answers, by the element's. */
import fc, { type Arbitrary } from 'fast-check';
import { dateTime, label, list, object, period, phone, restore, words } from '../command-arbitraries.ts';
import { SIGNED_CODE, SIGNED_MARK } from './signed-documents.ts';

export type Values = Record<string, Arbitrary<unknown>>;

const notEmpty = (value: Record<string, unknown>) => Object.keys(value).length > 0;
const language = fc.constantFrom('en', 'zh-CN');
const base64 = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  fc.constantFrom('AQPJ////4Q=='),
);
const byte = fc.nat(255);
const short = fc.nat(65_535);

const keyData = object({ flags: short, protocol: byte, alg: byte, pubKey: base64 });
const digest = fc
  .uint8Array({ minLength: 1, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const dsData = object({ keyTag: short, alg: byte, digestType: byte, digest }, { keyData });
const maxSigLife = fc.integer({ min: 1, max: 2_147_483_647 });
const dsOrKey = fc.oneof(
  object({ dsData: list(dsData) }, { maxSigLife }),
  object({ keyData: list(keyData) }, { maxSigLife }),
);
const secDnsUpdate = object(
  {},
  {
    urgent: fc.boolean(),
    rem: fc.oneof(
      object({ all: fc.constant(true) }),
      object({ dsData: list(dsData) }),
      object({ keyData: list(keyData) }),
    ),
    add: dsOrKey,
    chg: object({}, { maxSigLife }),
  },
).filter(({ rem, add, chg }) => Boolean(rem ?? add ?? chg));

export const currency = fc.constantFrom('USD', 'EUR', 'XXX');
const amount = fc.constantFrom('0', '10.00', '0.005', '123456789012.12345678');
const description = { description: fc.oneof(words(1, 40), fc.constant('')) };
const applied = fc.constantFrom('immediate', 'delayed');
const gracePeriod = fc.constantFrom('P5D', 'PT1H30M', 'P1Y2M3DT4H5M6.7S');
/** Fees as all versions can say them. */
const feeDetails = { ...description, refundable: fc.boolean(), 'grace-period': gracePeriod, applied };
const commandName = fc.oneof(
  object({ name: fc.constantFrom('create', 'delete', 'renew', 'update', 'transfer', 'restore') }),
  object({ name: fc.constant('custom'), customName: fc.constantFrom('sync', 'defensive') }),
);
const named = (rest: Arbitrary<Record<string, unknown>>): Arbitrary<Record<string, unknown>> =>
  fc.tuple(commandName, rest).map(([name, more]) => ({ ...name, ...more }));
const phases = { phase: fc.constantFrom('sunrise', 'open', 'custom'), subphase: words(1, 20) };

/** Each command once, as a check in any version has it. @param more what some versions have besides */
export const feeCheck = (most: number, more: Values = {}) =>
  object(
    {
      commands: fc.uniqueArray(named(object({}, { ...phases, period, ...more })), {
        minLength: 1,
        maxLength: most,
        selector: (command) => JSON.stringify(command),
      }),
    },
    { currency },
  );
/** @param lang true where descriptions may have a language */
export const feeTransform = (required: Values, optional: Values, lang = false) => {
  const language_ = lang ? { lang: language } : {};
  return object(
    { fees: list(object({ value: amount }, { ...feeDetails, ...language_ })), ...required },
    optional,
  );
};
export const feeCredits = (lang = false) =>
  list(
    object(
      { value: fc.constantFrom('-5.00', '-0.5') },
      { ...description, ...(lang ? { lang: language } : {}) },
    ),
  );
const newestTransform = feeTransform({}, { currency, credits: feeCredits(true) }, true);
const balances = { balance: fc.constantFrom('-1000.00', '5'), creditLimit: amount };
const result = object(
  {},
  {
    currency,
    period,
    fees: list(object({ value: amount }, { ...feeDetails, lang: language })),
    credits: feeCredits(true),
    ...balances,
  },
);

const phase = object(
  { value: fc.constantFrom('sunrise', 'landrush', 'claims', 'open', 'custom') },
  { name: words(1, 20) },
);
const issued = object({ value: words(1, 40) }, { validatorID: words(1, 20) });
const cc = fc.constantFrom('US', 'cn');
const addr = object(
  { streets: list(words(1, 40), 3), city: words(1, 40), cc },
  { sp: words(1, 20), pc: fc.constantFrom('100 000', '20190') },
);
const person = { org: words(1, 40), fax: phone };
const holder = object(
  { addr },
  {
    ...person,
    name: words(1, 40),
    voice: phone,
    email: words(1, 40),
    entitlement: fc.constantFrom('owner', 'assignee', 'licensee'),
  },
);
const contact = object(
  { name: words(1, 40), addr, voice: phone, email: words(1, 40) },
  { ...person, type: fc.constantFrom('owner', 'agent', 'thirdparty') },
);
const markNamed = {
  id: fc.constantFrom('00052013-2', '1-1'),
  markName: words(1, 40),
  holders: list(holder, 2),
  goodsAndServices: words(1, 80),
};
const markDetails = { contacts: list(contact, 2), labels: list(fc.constantFrom('example', 'ex-ample', 'a')) };
const mark = object(
  {},
  {
    trademarks: list(
      object(
        { ...markNamed, jurisdiction: cc, regNum: words(1, 20), regDate: dateTime },
        {
          ...markDetails,
          classes: list(fc.integer({ min: 1, max: 45 })),
          apId: words(1, 20),
          apDate: dateTime,
          exDate: dateTime,
        },
      ),
      2,
    ),
    treatyOrStatutes: list(
      object(
        {
          ...markNamed,
          protections: list(object({ cc }, { region: words(1, 20), rulings: list(cc) }), 2),
          refNum: words(1, 20),
          proDate: dateTime,
          title: words(1, 40),
          execDate: dateTime,
        },
        markDetails,
      ),
      2,
    ),
    courts: list(
      object(
        { ...markNamed, refNum: words(1, 20), proDate: dateTime, cc, courtName: words(1, 40) },
        { ...markDetails, regions: list(words(1, 20)) },
      ),
      2,
    ),
  },
);
const application = object({ phase, applicationID: words(1, 20) });
const launchNotices = {
  type: fc.constantFrom('application', 'registration'),
  notices: list(object({ noticeID: issued, notAfter: dateTime, acceptedDate: dateTime }), 2),
};
const launchCreate = fc.oneof(
  object({ phase }, launchNotices),
  object({ phase, codeMarks: list(object({}, { code: issued, mark }).filter(notEmpty), 2) }, launchNotices),
  object(
    { phase, encodedSignedMarks: list(object({ value: base64 }, { encoding: fc.constant('base64') })) },
    launchNotices,
  ),
);

const idn = object({ table: words(1, 20) }, { uname: fc.constantFrom('例え.test', 'a.com') });
const token = words(1, 60);

const ttlNames = ['NS', 'DS', 'DNAME', 'A', 'AAAA', 'custom'];
const seconds = fc.nat(2_147_483_647);
const ttls = (optional: Values) =>
  fc
    .uniqueArray(object({ for: fc.constantFrom(...ttlNames), value: fc.option(seconds) }, optional), {
      minLength: 1,
      selector: (ttl) => ttl.for,
    })
    .map((all) => ({ ttls: all.map((ttl) => (ttl.for === 'custom' ? { ...ttl, custom: 'DELEG' } : ttl)) }));
const ttlInfo = object({}, { policy: fc.boolean() });

const email = fc.constantFrom('麥克風@example.com', 'a@b');
const codes = object({
  codes: list(object({ value: base64 }, { encoding: fc.constant('base64') })),
});
const profile = object({}, { profile: words(1, 20) });
const transforms = [
  ...['create', 'delete', 'renew', 'transfer', 'update'].map((name) => `domain:${name}`),
  ...['create', 'delete', 'update'].map((name) => `host:${name}`),
  ...['create', 'delete', 'transfer', 'update'].map((name) => `contact:${name}`),
];
const infos = ['domain:info', 'host:info', 'contact:info'];
const all = (commands: string[], value: Arbitrary<unknown>): Values =>
  Object.fromEntries(commands.map((command) => [command, value]));

export const WITH_COMMANDS: Record<string, Values> = {
  secDNS: { 'domain:create': dsOrKey, 'domain:update': secDnsUpdate },
  rgp: { 'domain:update': object({ restore }) },
  fee: {
    'domain:check': feeCheck(5),
    ...all(['domain:create', 'domain:renew', 'domain:transfer', 'domain:update'], newestTransform),
  },
  launch: {
    'domain:check': object({}, { type: fc.constantFrom('claims', 'avail', 'trademark'), phase }),
    'domain:info': object({ phase }, { includeMark: fc.boolean(), applicationID: words(1, 20) }),
    'domain:create': launchCreate,
    'domain:update': application,
    'domain:delete': application,
  },
  idn: { 'domain:check': idn, 'domain:create': idn },
  allocationToken: {
    'domain:info': fc.constant(true),
    ...all(['domain:check', 'domain:create', 'domain:renew', 'domain:transfer', 'domain:update'], token),
  },
  loginSec: {
    login: object(
      {},
      {
        userAgent: object({}, { app: words(1, 20), tech: words(1, 20), os: words(1, 20) }).filter(notEmpty),
        pw: words(6, 60),
        newPW: words(6, 60),
      },
    ).filter(notEmpty),
  },
  ttl: {
    ...all(['domain:info', 'host:info'], ttlInfo),
    ...all(['domain:create', 'domain:update', 'host:create', 'host:update'], ttls({})),
  },
  addlEmail: {
    'contact:create': object({ email }, { primary: fc.boolean() }),
    'contact:update': object({ email: fc.option(email) }, { primary: fc.boolean() }),
  },
  verificationCode: { ...all(infos, profile), ...all(transforms, codes) },
};

/** Read anew as an equal document, not as the same text. */
export const SIGNED: Record<string, Values> = {
  launch: {
    'domain:create': object({ phase, signedMarks: fc.constant([SIGNED_MARK]) }, launchNotices),
  },
  verificationCode: all(transforms, object({ signedCode: fc.constant(SIGNED_CODE) })),
};

const rgpStatuses = object({
  rgpStatuses: list(
    object(
      {
        s: fc.constantFrom(
          'addPeriod',
          'autoRenewPeriod',
          'renewPeriod',
          'transferPeriod',
          'pendingDelete',
          'pendingRestore',
          'redemptionPeriod',
        ),
      },
      { lang: language, text: words(1, 40) },
    ),
  ),
});
const changeData = object(
  {
    state: fc.constantFrom('before', 'after'),
    operation: object({ value: fc.constantFrom('update', 'autoPurge', 'custom') }, { op: words(1, 20) }),
    date: dateTime,
    svTRID: words(3, 60),
    who: words(1, 60),
  },
  {
    caseId: object(
      { type: fc.constantFrom('udrp', 'urs', 'custom'), value: words(1, 20) },
      { name: words(1, 20) },
    ),
    reason: words(1, 32),
  },
);
const loginSecData = object({
  events: list(
    object(
      {
        type: fc.constantFrom('password', 'certificate', 'cipher', 'tlsProtocol', 'newPW', 'stat', 'custom'),
        level: fc.constantFrom('warning', 'error'),
      },
      {
        name: words(1, 20),
        exDate: dateTime,
        value: words(1, 20),
        duration: gracePeriod,
        lang: language,
        text: words(1, 60),
      },
    ),
  ),
});
const status = fc.constantFrom('notApplicable', 'nonCompliant', 'pendingCompliance', 'compliant');

export const feeObject = (commands: Arbitrary<unknown>, more: Values = {}) =>
  object({ objID: label, avail: fc.boolean(), commands }, { class: words(1, 20), ...more });
export const feeOfCommand = (more: Values = {}) =>
  named(object({}, { ...phases, period, fees: list(object({ value: amount }, feeDetails)), ...more }));

export const WITH_ANSWERS: Record<string, Values> = {
  secDNS: { infData: dsOrKey },
  rgp: { infData: rgpStatuses, upData: rgpStatuses },
  fee: {
    chkData: object({
      currency,
      cd: fc.uniqueArray(
        feeObject(
          list(feeOfCommand({ standard: fc.boolean(), credits: feeCredits(true), reason: words(1, 40) })),
          { reason: words(1, 40), element: fc.constantFrom('name', 'id') },
        ),
        { minLength: 1, maxLength: 4, selector: ({ objID }) => objID },
      ),
    }),
    ...all(['creData', 'renData', 'trnData', 'updData', 'delData'], result),
  },
  launch: {
    chkData: object(
      { cd: list(object({ name: label, exists: fc.boolean() }, { claimKeys: list(issued) })) },
      { phase },
    ),
    creData: application,
    infData: object(
      { phase },
      {
        applicationID: words(1, 20),
        status: object(
          { s: fc.constantFrom('pendingValidation', 'validated', 'invalid', 'allocated', 'custom') },
          { name: words(1, 20), lang: language, text: words(1, 40) },
        ),
        marks: list(mark, 2),
      },
    ),
  },
  idn: { data: idn },
  allocationToken: { allocationToken: token },
  changePoll: { changeData },
  loginSec: { loginSecData },
  ttl: { infData: ttls({ min: seconds, default: seconds, max: seconds }) },
  addlEmail: { addlEmail: object({ email: fc.option(email) }, { primary: fc.boolean() }) },
  verificationCode: {
    infData: object(
      { status },
      {
        profiles: list(
          object(
            { status },
            {
              name: words(1, 20),
              missing: list(object({ type: words(1, 20), due: dateTime })),
              set: list(object({ type: words(1, 20), date: dateTime, value: fc.constant('1-abc333') })),
            },
          ),
        ),
      },
    ),
  },
};
