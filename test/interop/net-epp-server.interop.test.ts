import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeCertificates } from '../../src/simulator/certificates.ts';
import { runOk } from '../cluster/run.ts';
import { eventually } from '../support/eventually.ts';
import { AdapterProcess, type AdapterProcessOptions } from './adapter-process.ts';
import { netEpp, whyWithout } from './libraries.ts';
import { type Account, NetEppServer } from './net-epp-server.ts';

const why = await whyWithout(netEpp);
const ACCOUNT: Account = { user: 'acme', password: 'p&ss <w0rd>', sessions: 3 };
const authInfo = { pw: 'transfer-secret' };

async function startServer({
  tls,
  ...account
}: Partial<Account> & { tls?: string } = {}): Promise<NetEppServer> {
  const server = await NetEppServer.start({ ...ACCOUNT, ...account }, tls);
  onTestFinished(() => server.stop());
  return server;
}

async function startAdapter(
  registry: NetEppServer,
  options: Partial<AdapterProcessOptions> = {},
): Promise<AdapterProcess> {
  const adapter = await AdapterProcess.start({
    registry,
    username: ACCOUNT.user,
    password: ACCOUNT.password,
    max: ACCOUNT.sessions,
    ...options,
  });
  onTestFinished(() => adapter.kill());
  return adapter;
}

/** The statuses of more checks at once than one session has room for. */
async function manyChecks(adapter: AdapterProcess, prefix: string): Promise<Set<number>> {
  const names = Array.from({ length: 60 }, (_, i) => `${prefix}-${i}.com`);
  const replies = await Promise.all(names.map((name) => adapter.post('/com/check', { names: [name] })));
  return new Set(replies.map(({ status }) => status));
}

describe.skipIf(why !== undefined)(`The adapter with a registry on Net::EPP${why ? ` (${why})` : ''}`, () => {
  describe('that serves', () => {
    let server: NetEppServer;
    let adapter: AdapterProcess;
    beforeAll(async () => {
      server = await NetEppServer.start(ACCOUNT);
      adapter = await AdapterProcess.start({
        registry: server,
        username: ACCOUNT.user,
        password: ACCOUNT.password,
        max: ACCOUNT.sessions,
      });
      await adapter.ready();
    });
    afterAll(async () => {
      await adapter?.kill();
      await server?.stop();
    });

    /** What the registry did with objects of this name. */
    const commandsOf = (name: string) =>
      server.commands(({ command, names }) => !command.startsWith('session:') && names.includes(name));

    it('carries a domain, its contact and its hosts through their life', async () => {
      const name = 'life.com';
      const checked = await adapter.post('/com/check', { names: [name, 'other.com', 'third.com'] });
      expect(checked).toMatchObject({
        status: 200,
        body: {
          outcome: 'done',
          results: [{ code: 1000, message: 'Code 1000' }],
          svTRID: expect.stringMatching(/^PERL-/),
          data: { cd: [name, 'other.com', 'third.com'].map((each) => ({ name: each, avail: true })) },
        },
      });
      const contact = {
        id: 'life-1',
        postalInfos: [{ type: 'loc', name: 'Jörg & Söhne', addr: { city: 'Köln', cc: 'DE' } }],
        email: 'joerg@example.com',
        authInfo,
      };
      expect((await adapter.post('/com/contact/create', contact)).body.data.id).toBe('life-1');
      expect((await adapter.post('/com/host/create', { name: 'ns1.life.org' })).status).toBe(200);
      const created = await adapter.post('/com/create', {
        name,
        period: { value: 2 },
        registrant: 'life-1',
        ns: { hostObjs: ['ns1.life.org'] },
        authInfo,
      });
      expect(created).toMatchObject({ status: 200, body: { outcome: 'done', data: { name } } });
      // what the registry calls it is what the caller was told
      expect(server.command(created.body.clTRID)).toMatchObject({ command: 'domain:create', names: name });

      const info = await adapter.post('/com/info', { name });
      expect(info.body.data).toMatchObject({
        name,
        registrant: 'life-1',
        ns: { hostObjs: ['ns1.life.org'] },
        clID: 'acme',
        statuses: [{ s: 'ok' }],
        authInfo,
      });
      const curExpDate = (info.body.data.exDate as string).slice(0, 10);
      const renewed = await adapter.post('/com/renew', { name, curExpDate, period: { value: 3 } });
      expect(Number(renewed.body.data.exDate.slice(0, 4))).toBe(Number(curExpDate.slice(0, 4)) + 3);
      const update = {
        name,
        add: { statuses: [{ s: 'clientHold' }] },
        rem: { ns: { hostObjs: ['ns1.life.org'] } },
      };
      expect((await adapter.post('/com/update', update)).status).toBe(200);
      const updated = (await adapter.post('/com/info', { name })).body.data;
      expect(updated.statuses).toEqual([{ s: 'clientHold' }]);
      expect(updated).not.toHaveProperty('ns');
      expect((await adapter.post('/com/delete', { name })).status).toBe(200);
      expect(commandsOf(name)).toEqual([
        'domain:check life.com other.com third.com 1000',
        'domain:create life.com 1000',
        'domain:info life.com 1000',
        'domain:renew life.com 1000',
        'domain:update life.com 1000',
        'domain:info life.com 1000',
        'domain:delete life.com 1000',
      ]);
    });

    it('tells refusals as they are', async () => {
      const name = 'twice.com';
      const create = { name, authInfo };
      await adapter.post('/com/create', create);
      const transfer = (pw: string) =>
        adapter.post('/com/transfer', { name, op: 'request', authInfo: { pw } });
      const answers = [
        await adapter.post('/com/create', create),
        await adapter.post('/com/renew', { name, curExpDate: '2001-01-01' }),
        await transfer('a wrong one'),
        await transfer(authInfo.pw),
        await adapter.post('/com/info', { name: 'nobody-has.com' }),
        await adapter.post('/com/host/info', { name: 'ns1.twice.com' }),
        await adapter.post('/com/create', { name: 'failing-1.com', authInfo }),
      ];
      expect(answers.map(({ status, body }) => [status, body.outcome, body.results[0].code])).toEqual([
        [409, 'done', 2302],
        [422, 'done', 2306],
        [403, 'done', 2202],
        [200, 'done', 1001],
        [404, 'done', 2303],
        [501, 'done', 2101],
        [502, 'done', 2400],
      ]);
      expect(answers[3]?.body.data).toMatchObject({ trStatus: 'pending', reID: 'acme', acID: 'loser' });
    });

    it('polls', async () => {
      const poll = (body: object) => adapter.post('/com/poll', body);
      expect((await poll({ op: 'req' })).body.results[0].code).toBe(1300);
      await server.order({ message: 'Grüße & <more>' });
      await server.order({ message: 'the second' });
      const first = (await poll({ op: 'req' })).body;
      expect(first).toMatchObject({
        results: [{ code: 1301 }],
        messageQueue: { count: 2, message: 'Grüße & <more>' },
      });
      expect((await poll({ op: 'ack', msgID: first.messageQueue.id })).body.messageQueue.count).toBe(1);
      const second = (await poll({ op: 'req' })).body.messageQueue;
      expect(second.message).toBe('the second');
      expect((await poll({ op: 'ack', msgID: second.id })).body.results[0].code).toBe(1000);
      expect((await poll({ op: 'req' })).body.results[0].code).toBe(1300);
    });

    it('takes frames that Net::EPP has made for it to send', async () => {
      const made = await runOk('perl', [
        '-MNet::EPP::Frame',
        '-e',
        'my $f = Net::EPP::Frame::Command::Check::Domain->new; $f->addDomain($_) for @ARGV; print $f->toString(1)',
        'raw-1.com',
        'raw-2.com',
      ]);
      const { status, body } = await adapter.post('/com/raw', { xml: made.stdout });
      expect([status, body.data]).toEqual([
        200,
        { cd: ['raw-1.com', 'raw-2.com'].map((name) => ({ name, avail: true })) },
      ]);
      expect(server.command(body.clTRID)).toMatchObject({ names: 'raw-1.com raw-2.com' });
    });

    it('gives each of many callers its own answer', async () => {
      const names = Array.from({ length: 100 }, (_, i) => `caller-${i}.com`);
      const taken = names.filter((_, i) => i % 3 === 0);
      await Promise.all(taken.map((name) => adapter.post('/com/create', { name, authInfo })));
      const replies = await Promise.all(names.map((name) => adapter.post('/com/check', { names: [name] })));
      expect(replies.map(({ body }) => body.data.cd[0])).toEqual(
        names.map((name, i) => expect.objectContaining({ name, avail: i % 3 !== 0 })),
      );
    });

    it('sends a create once whose connection breaks, and says that it does not know', async () => {
      const name = 'cut-1.com';
      const cut = await adapter.post('/com/create', { name, authInfo });
      expect(cut).toMatchObject({ status: 502, body: { outcome: 'unknown', clTRID: expect.any(String) } });
      expect((await adapter.post('/com/info', { name })).status).toBe(200);
      expect(commandsOf(name)).toEqual(['domain:create cut-1.com 1000', 'domain:info cut-1.com 1000']);
      expect(server.command(cut.body.clTRID)).toMatchObject({ names: name });
    });

    it('tells the code with which a connection is closed, and goes on with another', async () => {
      const closed = await adapter.post('/com/create', { name: 'closing-1.com', authInfo });
      expect(closed.body).toMatchObject({ outcome: 'done', results: [{ code: 2500 }] });
      expect((await adapter.post('/com/check', { names: ['after-2500.com'] })).status).toBe(200);
    });

    it('has spoken TLS and XML that another implementation takes, and never one session too many', () => {
      expect(server.refused).toEqual([]);
      expect(server.sessions.map(({ tls }) => tls)).toContain('TLSv1_3');
      expect(server.ends).not.toContain('no XML');
      expect(server.commands(({ command, code }) => command === 'session:login' && code !== 1000)).toEqual(
        [],
      );
      expect(server.stderr).toBe('');
      for (const secret of [ACCOUNT.password, authInfo.pw]) expect(adapter.logged()).not.toContain(secret);
    });
  });

  it('hides from callers that the registry ended sessions without a word', async () => {
    const server = await startServer();
    const adapter = await startAdapter(server);
    await adapter.ready();
    expect(await manyChecks(adapter, 'before')).toEqual(new Set([200]));
    await server.order({ hangUp: ACCOUNT.sessions - 1 });
    expect(await manyChecks(adapter, 'after')).toEqual(new Set([200]));
    expect(server.ends).toContain('hung up');
    // it cannot know whether the registry still counts them, so none was opened in their place
    expect(server.sessions.length).toBeLessThanOrEqual(ACCOUNT.sessions);
  });

  it('keeps a silent session by asking for greetings, over TLS 1.2 too', async () => {
    const server = await startServer({ tls: 'TLSv1_2' });
    const adapter = await startAdapter(server, {
      max: 1,
      account: { connections: { idleTimeoutSeconds: 3 } },
    });
    await adapter.ready();
    await eventually(() => server.hellos >= 2, { timeoutMs: 30_000, what: 'two keepalives' });
    expect((await adapter.post('/com/check', { names: ['a.com'] })).status).toBe(200);
    expect(server.sessions).toEqual([expect.objectContaining({ tls: 'TLSv1_2' })]);
    expect(server.ends).toEqual([]);
  });

  it('fetches the registry’s messages, and acknowledges them when they are kept', async () => {
    const server = await startServer();
    await server.order({ message: 'Grüße & <more>' });
    await server.order({ message: 'the second' });
    const sink = { kind: 'file' as const, path: 'messages.jsonl' };
    const adapter = await startAdapter(server, {
      account: { poll: { enabled: true, interval: '1s', sink } },
    });
    const polls = () => server.commands(({ command }) => command === 'session:poll');
    await eventually(() => polls().includes('session:poll req 1300'), {
      timeoutMs: 30_000,
      what: 'an empty queue',
    });
    const kept = (await adapter.file(sink.path)).trim().split('\n');
    expect(kept.map((line) => JSON.parse(line))).toMatchObject([
      { pollMessage: { id: '1', message: 'Grüße & <more>' } },
      { pollMessage: { id: '2', message: 'the second' } },
    ]);
    expect(polls().slice(0, 5)).toEqual([
      'session:poll req 1301',
      'session:poll ack 1000',
      'session:poll req 1301',
      'session:poll ack 1000',
      'session:poll req 1300',
    ]);
  });

  it('logs out of every session when it is told to end', async () => {
    const server = await startServer();
    const adapter = await startAdapter(server);
    await adapter.ready();
    await manyChecks(adapter, 'busy');
    expect(await adapter.drain()).toBe(0);
    await eventually(() => server.ends.length === server.sessions.length);
    expect(server.ends).toEqual(server.sessions.map(() => 'logout'));
  });

  it('stops at a wrong password after one attempt, and goes on when the Secret is right', async () => {
    const server = await startServer();
    const adapter = await startAdapter(server, { password: 'wr0ng-passw0rd' });
    await adapter.unready(/refuses our credentials.*2200/);
    const logins = () => server.commands(({ command }) => command === 'session:login');
    const answer = await adapter.post('/com/check', { names: ['a.com'] });
    expect([answer.status, answer.body.outcome]).toEqual([expect.any(Number), 'not-sent']);
    expect(logins()).toEqual(['session:login acme 2200']);
    await adapter.changePassword(ACCOUNT.password);
    await adapter.ready();
    expect((await adapter.post('/com/check', { names: ['a.com'] })).status).toBe(200);
    expect(logins().slice(0, 2)).toEqual(['session:login acme 2200', 'session:login acme 1000']);
    expect(adapter.logged()).not.toContain('wr0ng-passw0rd');
  });

  it('works with the sessions that there are where the registry allows fewer', async () => {
    const server = await startServer({ sessions: 1 });
    const adapter = await startAdapter(server, { max: 3 });
    await adapter.ready();
    await eventually(async () => {
      expect(await manyChecks(adapter, 'few')).toEqual(new Set([200]));
      return server.commands(({ code }) => code === 2502).length > 0;
    });
  });

  it('says no word to a registry whose certificate it cannot verify', async () => {
    const server = await startServer();
    const { ca } = await makeCertificates({ names: ['localhost'] });
    const adapter = await startAdapter(server, { ca });
    await adapter.unready(/certificate/i);
    expect(server.commands(() => true)).toEqual([]);
  });
});
