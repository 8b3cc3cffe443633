/**
 * What registries answer with: `data` by its type, as src/epp/responses reads it. Registries leave out what they like and say
 * more than they should: what stands here is what is known, and everything is open.
 */
import { z } from 'zod';

const text = () => z.string();
const dateTime = () =>
  z.string().describe('XML Schema dateTime as the registry wrote it, as 2026-01-31T12:00:00.0Z.');

const status = () =>
  z.looseObject({ s: text().optional(), lang: text().optional(), text: text().optional() });
const described = () => z.looseObject({ lang: text().optional(), text: text().optional() });
const history = () => ({
  clID: text().optional().describe('The sponsoring registrar.'),
  crID: text().optional(),
  crDate: dateTime().optional(),
  upID: text().optional(),
  upDate: dateTime().optional(),
});
const authInfo = () =>
  z.looseObject({ pw: text().optional(), roid: text().optional(), ext: text().optional().describe('XML.') });
const addresses = () =>
  z.array(z.looseObject({ ip: z.enum(['v4', 'v6']).or(text()), addr: text().optional() }));
const transactionIds = () => z.looseObject({ clTRID: text().optional(), svTRID: text().optional() });

const checked = (key: 'name' | 'id') =>
  z.looseObject({
    cd: z
      .array(
        z.looseObject({
          [key]: text(),
          avail: z.boolean().optional(),
          reason: text().optional().describe('For humans; usual where avail is false.'),
        }),
      )
      .optional(),
  });
const pendingAction = (key: 'name' | 'id') =>
  z.looseObject({
    [key]: text().optional(),
    paResult: z.boolean().optional(),
    paTRID: transactionIds().optional(),
    paDate: dateTime().optional(),
  });
const transfer = (key: 'name' | 'id') =>
  z.looseObject({
    [key]: text().optional(),
    trStatus: text().optional(),
    reID: text().optional(),
    reDate: dateTime().optional(),
    acID: text().optional(),
    acDate: dateTime().optional(),
    ...(key === 'name' ? { exDate: dateTime().optional() } : {}),
  });

const domainInfo = z.looseObject({
  name: text().optional(),
  roid: text().optional(),
  statuses: z.array(status()).optional(),
  registrant: text().optional(),
  contacts: z.array(z.looseObject({ type: text().optional(), id: text().optional() })).optional(),
  ns: z
    .looseObject({
      hostObjs: z.array(text()).optional(),
      hostAttrs: z
        .array(z.looseObject({ hostName: text().optional(), hostAddrs: addresses().optional() }))
        .optional(),
    })
    .optional(),
  hosts: z.array(text()).optional(),
  ...history(),
  exDate: dateTime().optional(),
  trDate: dateTime().optional(),
  authInfo: authInfo().optional(),
});

const phone = () => z.looseObject({ number: text(), x: text().optional() });
const forms = () => z.array(z.enum(['int', 'loc']).or(text())).optional();
const contactInfo = z.looseObject({
  id: text().optional(),
  roid: text().optional(),
  statuses: z.array(status()).optional(),
  postalInfos: z
    .array(
      z.looseObject({
        type: text().optional(),
        name: text().optional(),
        org: text().optional(),
        addr: z
          .looseObject({
            streets: z.array(text()).optional(),
            city: text().optional(),
            sp: text().optional(),
            pc: text().optional(),
            cc: text().optional(),
          })
          .optional(),
      }),
    )
    .optional(),
  voice: phone().optional(),
  fax: phone().optional(),
  email: text().optional(),
  ...history(),
  trDate: dateTime().optional(),
  authInfo: authInfo().optional(),
  disclose: z
    .looseObject({
      flag: z.boolean().optional(),
      names: forms(),
      orgs: forms(),
      addrs: forms(),
      voice: z.boolean().optional(),
      fax: z.boolean().optional(),
      email: z.boolean().optional(),
    })
    .optional(),
});

const noticeId = () => ({ id: text().optional(), name: text().optional(), lang: text().optional() });
const noticeTimes = () => ({
  start: dateTime().optional(),
  end: dateTime().optional(),
  crDate: dateTime().optional(),
  upDate: dateTime().optional(),
});
const maintenance = z.looseObject({
  list: z.array(z.looseObject({ id: z.unknown().optional(), ...noticeTimes() })).optional(),
  item: z
    .looseObject({
      ...noticeId(),
      id: z.unknown().optional(),
      types: z.array(described()).optional(),
      pollType: text().optional(),
      systems: z
        .array(z.looseObject({ name: text().optional(), host: text().optional(), impact: text().optional() }))
        .optional(),
      ...noticeTimes(),
      reason: text().optional(),
      detail: text().optional(),
      descriptions: z.array(described()).optional(),
      tlds: z.array(text()).optional(),
      intervention: z
        .looseObject({ connection: z.boolean().optional(), implementation: z.boolean().optional() })
        .optional(),
    })
    .optional(),
});

const amount = () => text().describe("A decimal, in the registry's currency.");

/** By `dataType`. */
export const RESPONSE_DATA: Readonly<Record<string, z.ZodType>> = {
  'domain:chkData': checked('name'),
  'domain:creData': z.looseObject({
    name: text().optional(),
    crDate: dateTime().optional(),
    exDate: dateTime().optional(),
  }),
  'domain:infData': domainInfo,
  'domain:panData': pendingAction('name'),
  'domain:renData': z.looseObject({ name: text().optional(), exDate: dateTime().optional() }),
  'domain:trnData': transfer('name'),
  'host:chkData': checked('name'),
  'host:creData': z.looseObject({ name: text().optional(), crDate: dateTime().optional() }),
  'host:infData': z.looseObject({
    name: text().optional(),
    roid: text().optional(),
    statuses: z.array(status()).optional(),
    addrs: addresses().optional(),
    ...history(),
    trDate: dateTime().optional(),
  }),
  'host:panData': pendingAction('name'),
  'contact:chkData': checked('id'),
  'contact:creData': z.looseObject({ id: text().optional(), crDate: dateTime().optional() }),
  'contact:infData': contactInfo,
  'contact:panData': pendingAction('id'),
  'contact:trnData': transfer('id'),
  'maintenance:infData': maintenance,
  'balance:infData': z.looseObject({
    creditLimit: amount().optional(),
    balance: amount().optional(),
    availableCredit: amount().optional(),
    creditThreshold: z.looseObject({ fixed: amount().optional(), percent: z.int().optional() }).optional(),
  }),
  'finance:infData': z.looseObject({
    wallets: z
      .array(
        z.looseObject({
          code: text().optional().describe('Currency.'),
          balance: amount().optional(),
          thresholds: z
            .array(z.looseObject({ type: text().optional(), value: amount().optional() }))
            .optional(),
        }),
      )
      .optional(),
  }),
  'rgpPoll:pollData': z.looseObject({
    name: text().optional(),
    rgpStatus: status().optional(),
    reqDate: dateTime().optional(),
    reportDueDate: dateTime().optional(),
  }),
  'lowbalancePoll:pollData': z.looseObject({
    registrarName: text().optional(),
    creditLimit: amount().optional(),
    creditThreshold: z.looseObject({ type: text().optional(), value: amount().optional() }).optional(),
    availableCredit: amount().optional(),
  }),
};

/** What a command is answered with; commands that are not here are answered without data. */
export function dataTypeOf(object: string, command: string): string | undefined {
  const local = {
    check: 'chkData',
    create: 'creData',
    info: 'infData',
    renew: 'renData',
    transfer: 'trnData',
  }[command];
  const type = `${object}:${local}`;
  return local !== undefined && Object.hasOwn(RESPONSE_DATA, type) ? type : undefined;
}
