/** Answers that are kept by two adapters of a set, which find each other as pods behind a headless Service do. */
import { afterEach, describe, expect, it } from 'vitest';
import { dnsPeers } from '../../../src/adapter/checks/peers.ts';
import { freePorts } from '../../cluster/ports.ts';
import { eventually } from '../../support/eventually.ts';
import { CLIENT_ID, HELD } from '../harness.ts';
import { Fleet, type FleetOptions, type FleetReply, type Member } from '../idempotency/fleet.ts';
import { type Trouble, Wire } from './wire.ts';

const PODS = 'core-bj-pods';
const HOSTS = ['127.0.0.2', '127.0.0.3'] as const;
/** By which the first one reaches the second one. */
const WIRE = '127.0.0.4';
const D = 'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"';

const avail = (reply: FleetReply): boolean => reply.body.data.cd[0].avail;
const check = (member: Member, name = 'a.com') => member.post('/com/check', { names: [name] });
const named = (name = 'a.com') => ({ name, authInfo: { pw: 'Transfer-Secret-1' } });

describe('answers to checks that two adapters keep', { timeout: 60_000 }, () => {
  let fleet: Fleet | undefined;
  let wire: Wire | undefined;
  afterEach(async () => {
    await fleet?.stop();
    await wire?.close();
    fleet = wire = undefined;
  });

  /** Both with the port of the pods, each at an address of its own. */
  async function start(options: FleetOptions = {}) {
    const checks = { cacheFor: '10m', cacheTakenFor: '10m' };
    const it = await Fleet.start({ ...options, file: { checks, ...options.file } });
    fleet = it;
    const [port] = (await freePorts(1)) as [number];
    const whole = await Wire.open({ host: WIRE, port }, { host: HOSTS[1], port });
    wire = whole;
    const member = (host: string, found: readonly string[]) => {
      const lookup = async (name: string) => {
        expect(name).toBe(PODS);
        return found.map((address) => ({ address, family: 4 }));
      };
      return it.adapter({ peers: dnsPeers({ host: PODS, port }, { lookup }), listen: { host, port } });
    };
    const [one, other] = [await member(HOSTS[0], [HOSTS[0], WIRE]), await member(HOSTS[1], HOSTS)];
    const asked = () => it.registry.stats().accounts[CLIENT_ID]?.commands['domain:check'] ?? 0;
    const counted = (from: Member, result: string) =>
      from.metric('epp_check_cache_requests_total', { result });
    await eventually(async () => {
      for (const each of [one, other]) {
        // itself is not among them
        expect(await each.metric('epp_check_cache_peers')).toBe(1);
        expect(await each.metric('epp_check_cache_peers_behind')).toBe(0);
        expect(await each.metric('epp_check_cache_peers_silent')).toBe(0);
      }
    });
    return { it, one, other, wire: whole, asked, counted };
  }

  it('are given without asking the registry, with their age', async () => {
    const { one, other, asked, counted } = await start();
    const first = await check(one);
    expect(first.headers.get('age')).toBeNull();
    for (let i = 0; i < 3; i++) {
      const again = await check(one);
      expect(again.body.data).toEqual(first.body.data);
      expect(Number(again.headers.get('age'))).toBeGreaterThanOrEqual(0);
    }
    expect(asked()).toBe(1);
    // each keeps its own
    await check(other);
    expect(asked()).toBe(2);
    expect(await counted(one, 'miss')).toBe(1);
    expect(await counted(one, 'hit')).toBe(3);
    expect(await one.metric('epp_check_cache_names')).toBe(1);
  });

  it('are asked for once, however many ask at once', async () => {
    const { it, one, asked, counted } = await start({
      registry: { latencyMs: { commands: { 'domain:check': HELD } } },
    });
    const replies = Array.from({ length: 20 }, () => check(one));
    await eventually(async () => expect(await counted(one, 'joined')).toBe(19));
    it.release();
    expect((await Promise.all(replies)).map(avail)).toEqual(Array.from({ length: 20 }, () => true));
    expect(asked()).toBe(1);
  });

  const xml = (verb: string, name: string) => {
    const authInfo = '<domain:authInfo><domain:pw>Transfer-1</domain:pw></domain:authInfo>';
    const body = `<domain:name>${name}</domain:name>${verb === 'create' ? authInfo : ''}`;
    return { xml: `<${verb}><domain:${verb} ${D}>${body}</domain:${verb}></${verb}>` };
  };

  it.each<[string, boolean, (member: Member, name: string) => Promise<FleetReply>]>([
    ['create', false, (member, name) => member.post('/com/create', named(name))],
    ['delete', true, (member, name) => member.post('/com/delete', { name })],
    [
      'renew',
      true,
      async (member, name) => {
        const { body } = await member.post('/com/info', { name });
        return member.post('/com/renew', { name, curExpDate: body.data.exDate.slice(0, 10) });
      },
    ],
    ['transfer', true, (member, name) => member.post('/com/transfer', { ...named(name), op: 'request' })],
    ['raw create', false, (member, name) => member.post('/com/raw', xml('create', name))],
    ['raw delete', true, (member, name) => member.post('/com/raw', xml('delete', name))],
  ])('are dropped, by both, by a %s through either', async (_what, taken, change) => {
    const { it, one, other, asked } = await start();
    for (const [changer, witness, name] of [
      [one, other, 'a.com'],
      [other, one, 'b.com'],
    ] as const) {
      if (taken) expect((await one.post('/com/create', named(name))).status).toBe(200);
      for (const each of [one, other]) await kept(each, name, !taken);
      const before = asked();
      await change(changer, name);
      for (const each of [witness, changer]) {
        const now = await check(each, name);
        expect(avail(now)).toBe(!it.registry.store.domains.has(name));
        expect(now.headers.get('age')).toBeNull();
      }
      expect(asked()).toBe(before + 2);
      expect(await witness.metric('epp_check_cache_dropped_total')).toBeGreaterThan(0);
    }
  });

  it('are not kept while a change is under way, nor after one whose outcome is unknown', async () => {
    const { it, one, other, asked } = await start({
      file: { timeouts: { queue: '1s', command: '300ms' } },
    });
    await kept(other, 'a.com', true);
    it.registry.control({
      faults: {
        rules: [{ when: { command: 'domain:create' }, do: { kind: 'late', ms: 2_000, execution: 'after' } }],
      },
    });
    expect(await one.post('/com/create', named())).toMatchObject({
      status: 504,
      body: { outcome: 'unknown' },
    });
    // it is executed later, and what was said before that is not kept
    const seen: boolean[] = [];
    await eventually(async () => {
      const before = asked();
      seen.push(avail(await check(other)));
      expect(asked()).toBe(before + 1);
      expect(seen.at(-1)).toBe(false);
    });
    expect(seen[0]).toBe(true);
  });

  it.each<Trouble>(['refuses', 'swallows'])(
    'may be old, as long as they are kept at most, where an adapter %s to be told; and never after it was told',
    async (trouble) => {
      const { it, one, other, wire } = await start();
      for (const each of [one, other]) await kept(each, 'a.com', true);
      wire.trouble = trouble;
      // the change does not wait for it for long
      expect((await one.post('/com/create', named())).status).toBe(200);
      expect(avail(await check(one))).toBe(false);
      expect(avail(await check(other))).toBe(true);
      expect(await one.metric('epp_check_cache_peers_behind')).toBe(1);
      expect(it.logged()).toContain('cannot be told of a change');
      wire.trouble = undefined;
      await eventually(async () => expect(await one.metric('epp_check_cache_peers_behind')).toBe(0));
      expect(avail(await check(other))).toBe(false);
      // the other way was open all the time
      await kept(one, 'b.com', true);
      expect((await other.post('/com/create', named('b.com'))).status).toBe(200);
      expect(avail(await check(one, 'b.com'))).toBe(false);
    },
  );

  it('are no older than their time where nobody tells of a change', async () => {
    const { one, other, wire } = await start({ file: { checks: { cacheFor: '1500ms' } } });
    wire.trouble = 'refuses';
    await kept(other, 'a.com', true);
    expect((await one.post('/com/create', named())).status).toBe(200);
    await eventually(async () => expect(avail(await check(other))).toBe(false));
  });

  it('are not kept while an adapter of the set keeps none, and tells of none: as in the rollout of a cache', async () => {
    const it = await Fleet.start({ file: { checks: { cacheFor: '10m' } } });
    fleet = it;
    const [port] = (await freePorts(1)) as [number];
    let found: readonly string[] = HOSTS;
    const lookup = async () => found.map((address) => ({ address, family: 4 }));
    const peers = dnsPeers({ host: PODS, port }, { lookup });
    const before = await it.adapter({ peers, listen: { host: HOSTS[1], port } }, { checks: {} });
    const after = await it.adapter({ peers, listen: { host: HOSTS[0], port } });
    await eventually(async () => expect(await after.metric('epp_check_cache_peers_silent')).toBe(1));
    for (let i = 0; i < 3; i++) expect((await check(after)).headers.get('age')).toBeNull();
    expect((await before.post('/com/create', named())).status).toBe(200);
    expect(avail(await check(after))).toBe(false);
    found = [HOSTS[0]];
    await kept(after, 'a.com', false);
  });
});

async function kept(member: Member, name: string, expected: boolean): Promise<void> {
  await eventually(async () => {
    const reply = await check(member, name);
    expect(avail(reply)).toBe(expected);
    expect(reply.headers.get('age')).not.toBeNull();
  });
}
