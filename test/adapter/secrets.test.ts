import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ACCOUNT, type Harness, HELD, PASSWORD, start } from './harness.ts';

let h: Harness;
beforeAll(async () => {
  h = await start({ file: { timeouts: { command: '300ms' } } });
});
afterAll(() => h.stop());

const AUTH = 'transfer-s3cret-value';
const authInfo = { pw: AUTH };

describe('secrets', () => {
  it('stand in no log, metric, error or report, whatever goes wrong', async () => {
    const told: string[] = [];
    const post = async (path: string, body: unknown) => {
      const { body: answer, headers } = await h.post(path, body);
      told.push(JSON.stringify(answer), JSON.stringify([...headers]));
    };
    await post('/com/create', { name: 'a.com', authInfo });
    await post('/com/create', { name: 'a.com', authInfo });
    await post('/com/update', { name: 'a.com', chg: { authInfo } });
    await post('/com/transfer', { name: 'a.com', op: 'request', authInfo });
    await post('/com/create', { name: 'b.net', authInfo });
    await post('/com/create', { name: 'b.com', authInfo: { pw: `${AUTH}\n` } });
    await post('/com/create', { name: 'b.com', authInfo: AUTH });
    await post('/com/create', { name: 'b.com', authInfo, extensions: { raw: [`<x>${AUTH}</x>`] } });
    await post('/com/create', `{"name": "b.com", "authInfo": {"pw": "${AUTH}"`);
    await post('/com/create', `${AUTH}`);
    h.registry.control({ faults: { lostReplies: 1 } });
    await post('/com/create', { name: 'lost.com', authInfo });
    h.registry.control({ faults: { lostReplies: 0 }, latencyMs: { commands: { 'domain:create': HELD } } });
    const cut = post('/com/create', { name: 'cut.com', authInfo });
    await eventually(() => h.held() === 1);
    h.kill();
    await cut;
    await writeFile(join(h.folder, 'login/password'), 'wr0ng-passw0rd');
    await eventually(async () => {
      h.kill();
      return JSON.stringify((await h.get('/readyz')).body).includes('2200');
    });
    for (const path of ['/debug/pools', '/readyz', '/metrics'])
      told.push(JSON.stringify((await h.get(path)).body));
    told.push(h.logged());
    // the search works: what may be told is there
    const everything = told.join('\n');
    for (const plain of ['"object":"cut.com"', '2200', 'epp_request_total', 'EPPSET-']) {
      expect([plain, everything.includes(plain)]).toEqual([plain, true]);
    }
    for (const secret of [AUTH, PASSWORD, 'wr0ng-passw0rd']) {
      expect([secret, everything.includes(secret)]).toEqual([secret, false]);
    }
  });

  it('do not keep transforms out of the log: who, what, and by which transaction', () => {
    const lines = h
      .logged()
      .split('\n')
      .filter((line) => line.includes('"transform command"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({
      account: ACCOUNT,
      operation: 'domain:create',
      object: 'a.com',
      outcome: 'done',
      code: '1000',
      clTRID: expect.stringMatching(/^EPPSET-/),
      svTRID: expect.any(String),
    });
    expect(lines.some((line) => line.outcome === 'unknown' && typeof line.clTRID === 'string')).toBe(true);
  });
});
