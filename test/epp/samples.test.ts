/** Frames of other implementations, read to the JSON that they mean; small ones of our own stand in extensions/answers.test.ts. */
import { describe, expect, it } from 'vitest';
import { checkCommand, readCommand, writeCommand } from '../../src/epp/catalogue.ts';
import type { EppCommand } from '../../src/epp/command.ts';
import { readServerFrame } from '../../src/epp/responses/response.ts';
import { parseXml } from '../../src/epp/xml.ts';
import { NO_SAMPLES, samples } from './documents.ts';

const requests = new Map(
  samples('/request/').map(([path, xml]) => [path.split('/request/')[1], parseXml(xml)] as const),
);
const responses = new Map(
  samples('/response/').flatMap(([path, xml]) => {
    const frame = readServerFrame(Buffer.from(xml));
    return frame.kind === 'response' ? [[path.split('/response/')[1], frame.response] as const] : [];
  }),
);
const absent = requests.size === 0;
const told = absent ? `skipped: ${NO_SAMPLES}` : `${requests.size + responses.size} files`;

const key = (alg: number) => ({ flags: 257, protocol: 3, alg, pubKey: 'AQPJ////4Q==' });
const ds = { keyTag: 12_345, alg: 3, digestType: 1, digest: '49FD46E6C4B45C55D4AC' };

const REQUESTS: Record<string, [string, unknown]> = {
  'extensions/consolidate.xml': ['domain:update', { sync: { expMonthDay: '--05-31' } }],
  'extensions/consolidate_namestore.xml': [
    'domain:update',
    { sync: { expMonthDay: '--05-31' }, namestoreExt: { subProduct: 'com' } },
  ],
  'extensions/namestore.xml': ['domain:check', { namestoreExt: { subProduct: 'com' } }],
  'extensions/rgp_restore_request.xml': ['domain:update', { rgp: { restore: { op: 'request' } } }],
  'extensions/rgp_restore_report.xml': [
    'domain:update',
    {
      rgp: {
        restore: {
          op: 'report',
          report: {
            preData: 'Pre-delete registration data goes here. Both XML and free text are allowed.',
            postData: 'Post-restore registration data goes here. Both XML and free text are allowed.',
            delTime: '2021-07-10T22:00:00Z',
            resTime: '2021-07-20T22:00:00Z',
            resReason: { text: 'Registrant error.' },
            statements: [
              { text: expect.stringMatching(/^This registrar .* third party\.$/) },
              { text: expect.stringContaining("to best of this registrar's knowledge") },
            ],
            other: 'Supporting information goes here.',
          },
        },
      },
    },
  ],
  'extensions/secdns_create_ds.xml': ['domain:create', { secDNS: { maxSigLife: 604_800, dsData: [ds] } }],
  'extensions/secdns_create_ds_key.xml': [
    'domain:create',
    { secDNS: { maxSigLife: 604_800, dsData: [{ ...ds, keyData: key(3) }] } },
  ],
  'extensions/secdns_create_key.xml': ['domain:create', { secDNS: { keyData: [key(1)] } }],
  'extensions/frnic_create_contact_siren.xml': [
    'contact:create',
    {
      raw: [expect.stringMatching(/^<ext xmlns="[^"]*\/frnic-2\.0">.*<siren>123456789<\/siren>.*<\/ext>$/s)],
    },
  ],
};

const changed = { date: '2013-10-22T14:25:57.0Z', svTRID: '12345-XYZ' };
const lock = {
  ...changed,
  operation: { value: 'update' },
  who: 'URS Admin',
  caseId: { type: 'urs', value: 'urs123' },
  reason: 'URS Lock',
};
const RESPONSES: Record<string, unknown> = {
  'extensions/namestore.xml': {
    dataType: 'domain:chkData',
    data: {
      cd: [
        { name: 'eppdev.com', avail: true },
        { name: 'eppdev.net', avail: false },
      ],
    },
    extensions: { namestoreExt: { subProduct: 'com' } },
  },
  'extensions/domain_info_rgp.xml': {
    dataType: 'domain:infData',
    extensions: {
      rgp: {
        rgpStatuses: [
          { s: 'addPeriod', text: 'endDate=2021-12-07T19:08:08Z' },
          { s: 'renewPeriod', text: 'endDate=2021-12-07T23:07:49Z' },
        ],
      },
    },
  },
  'extensions/rgp_restore.xml': { extensions: { rgp: { rgpStatuses: [{ s: 'pendingRestore' }] } } },
  'extensions/change_poll/autopurge_before.xml': {
    data: { name: 'domain.example', statuses: [{ s: 'pendingDelete' }] },
    extensions: {
      changePoll: {
        ...changed,
        state: 'before',
        operation: { value: 'autoPurge' },
        who: 'Batch',
        reason: 'Past pendingDelete 5 day period',
      },
    },
  },
  'extensions/change_poll/custom_sync_after.xml': {
    extensions: { changePoll: { state: 'after', operation: { value: 'custom', op: 'sync' }, who: 'CSR' } },
  },
  'extensions/change_poll/delete_before.xml': {
    extensions: { changePoll: { state: 'before', operation: { value: 'delete', op: 'purge' } } },
  },
  'extensions/change_poll/update_after.xml': {
    dataType: 'host:infData',
    extensions: { changePoll: { state: 'after', operation: { value: 'update' }, reason: 'Host Lock' } },
  },
  'extensions/change_poll/urs_lock_after.xml': { extensions: { changePoll: { ...lock, state: 'after' } } },
  'extensions/change_poll/urs_lock_before.xml': { extensions: { changePoll: { ...lock, state: 'before' } } },
  'poll_unhandled_namespace.xml': {
    results: [{ code: 1301, message: 'Command completed successfully; ack to dequeue' }],
    messageQueue: { count: 201, id: '1' },
    unhandled: [
      {
        uri: 'urn:ietf:params:xml:ns:domain-1.0',
        reason: 'urn:ietf:params:xml:ns:domain-1.0 not in login services',
        dataType: 'domain:infData',
        data: { name: 'domain.example', roid: 'EXAMPLE1-REP', registrant: 'jd1234', clID: 'ClientX' },
      },
      {
        uri: 'urn:ietf:params:xml:ns:changePoll-1.0',
        reason: 'urn:ietf:params:xml:ns:changePoll-1.0 not in login services',
        extensions: { changePoll: { ...lock, state: 'after' } },
      },
    ],
  },
  'domain/info_unhandled_namespace.xml': {
    dataType: 'domain:infData',
    unhandled: [{ extensions: { rgp: { rgpStatuses: [{ s: 'redemptionPeriod' }] } } }],
  },
  'poll/poll_low_balance.xml': {
    dataType: 'lowbalancePoll:pollData',
    data: { creditThreshold: { type: 'FIXED', value: '500' }, availableCredit: '491.31' },
  },
  'poll/poll_rgp_restore.xml': {
    dataType: 'rgpPoll:pollData',
    data: { name: 'EXAMPLE.COM', rgpStatus: { s: 'pendingRestore' } },
  },
  'poll/poll_message_only.xml': { messageQueue: { count: 4, message: 'Credit balance low. 100 5' } },
  'error_ext.xml': {
    results: [{ code: 2306, extValues: [{ reason: 'Maximum of 20 domains exceeded.' }] }],
  },
  'error.xml': { results: [{ code: 2303, extValues: [{ reason: '545 Object not found' }] }] },
};

describe(`frames of other implementations (${told})`, () => {
  it.skipIf(absent).each(Object.entries(REQUESTS))('a command: %s', (path, [name, extensions]) => {
    const root = requests.get(path);
    const read = root && readCommand(root);
    expect(`${read?.object}:${read?.command}`).toBe(name);
    expect(read?.extensions).toEqual(extensions);
  });

  it.skipIf(absent)('commands say the same when we write them', () => {
    for (const [path, root] of requests) {
      const read = readCommand(root) as EppCommand;
      expect(readCommand(parseXml(writeCommand(read))), path).toEqual(checkCommand(read));
    }
  });

  it.skipIf(absent).each(Object.entries(RESPONSES))('an answer: %s', (path, json) => {
    expect(responses.get(path)).toMatchObject(json as object);
  });

  it.skipIf(absent)('answers leave nothing as XML but what was wrong with a command', () => {
    for (const [path, response] of responses) {
      expect(response.rawData, path).toBeUndefined();
      expect(response.extensions?.raw, path).toBeUndefined();
    }
  });
});
