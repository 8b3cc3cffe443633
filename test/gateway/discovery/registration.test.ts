import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../../src/api/problems.ts';
import { MemoryRegistrations } from '../../../src/gateway/discovery/memory-registrations.ts';
import {
  MAX_REGISTERED,
  type Registration,
  registrationBody,
} from '../../../src/gateway/discovery/registration.ts';
import { staticInstances } from '../../../src/gateway/discovery/static-instances.ts';
import { ManualClock } from '../../kube/manual-clock.ts';

const body = registrationBody('epp');
const good = { set: 'epp.core.bj', address: '10.0.0.9', port: 8080, ttlSeconds: 10 };

describe('the body of a registration', () => {
  it.each([
    ['an IPv4 address', good, { ...good, weight: 100 }],
    ['its host', { ...good, address: undefined, host: '10.0.0.9' }, { ...good, weight: 100 }],
    [
      'an IPv6 address, in the form that all write',
      { ...good, address: 'FD00:0::9', weight: 5 },
      { ...good, address: 'fd00::9', weight: 5 },
    ],
    ['the fallback set', { ...good, set: 'epp.core.*' }, { ...good, set: 'epp.core.*', weight: 100 }],
  ])('has %s', (_name, input, expected) => {
    expect(body.parse(input)).toEqual(expected);
  });

  it.each([
    ['a name', { ...good, address: 'a.example' }, 'address must be an IP address'],
    ['a name as host', { ...good, address: undefined, host: 'a.example' }, 'host must be an IP address'],
    ['a number as IPv4', { ...good, address: '167772169' }, 'address must be an IP address'],
    ['a zone', { ...good, address: 'fd00::1%eth0' }, 'address must be an IP address'],
    ['loopback', { ...good, address: '127.0.0.1' }, 'address must be an address that other hosts reach'],
    [
      'link-local',
      { ...good, address: '169.254.169.254' },
      'address must be an address that other hosts reach',
    ],
    ['loopback of IPv6', { ...good, address: '::1' }, 'address must be an address that other hosts reach'],
    [
      'IPv4 in IPv6',
      { ...good, address: '::ffff:127.0.0.1' },
      'address must be an address that other hosts reach',
    ],
    ['unspecified', { ...good, address: '0.0.0.0' }, 'address must be an address that other hosts reach'],
    ['no address', { ...good, address: undefined }, 'address is needed'],
    ['two addresses', { ...good, host: '10.0.0.9' }, 'address is needed, or host instead: one of the two'],
    ['a set that is none', { ...good, set: 'core' }, 'set "core" is not a set name'],
    ['a set of others', { ...good, set: 'other.core.bj' }, 'set must begin with epp.'],
    ['no port', { ...good, port: undefined }, 'port is missing'],
    ['port 0', { ...good, port: 0 }, 'port must be at least 1'],
    ['a long TTL', { ...good, ttlSeconds: 61 }, 'ttlSeconds must be at most 60'],
    ['no TTL', { ...good, ttlSeconds: 0 }, 'ttlSeconds must be at least 1'],
    ['half a weight', { ...good, weight: 0.5 }, 'weight'],
    ['what is unknown', { ...good, zone: 'a' }, 'zone is not a field'],
  ])('has not %s', (_name, input, expected) => {
    const parsed = body.safeParse(input);
    const told = parsed.error?.issues.flatMap((issue) => problemsOf(issue, issue.path, input)) ?? [];
    expect(told.map(({ path, message }) => `${path} ${message}`).join('; ')).toContain(expected);
  });
});

describe('registrations in memory', () => {
  function setUp() {
    const clock = new ManualClock();
    let ids = 0;
    const fixed = staticInstances({
      mode: 'static',
      sets: [{ set: 'epp.core.bj', endpoints: ['http://10.0.0.1:8080'] }],
    });
    const store = new MemoryRegistrations({
      fixed,
      clock,
      newId: () => (++ids).toString(16).padStart(16, '0'),
    });
    const shown = () => store.source.instances.map(({ id, state, source }) => `${id} ${state} ${source}`);
    return { clock, store, shown };
  }
  const registration: Registration = { ...good, weight: 100 };
  const fixed = '10.0.0.1:8080 ready static';

  it('stand beside the fixed instances, live by heartbeats, and are forgotten', async () => {
    const { clock, store, shown } = setUp();
    expect(store.source.synced).toBe(true);
    expect(shown()).toEqual([fixed]);
    const { id } = await store.register(registration);
    expect(shown()).toEqual([fixed, '10.0.0.9:8080 ready registered']);
    for (let beats = 0; beats < 5; beats += 1) {
      await clock.advance(20_000);
      expect(await store.heartbeat(id)).toBe(true);
    }
    await clock.advance(30_000);
    expect(shown()).toEqual([fixed, '10.0.0.9:8080 dead registered']);
    expect((await store.get(id))?.state).toBe('dead');
    await store.heartbeat(id);
    expect(shown()).toEqual([fixed, '10.0.0.9:8080 ready registered']);
    await clock.advance(90_000);
    expect(shown()).toEqual([fixed]);
    expect(await store.heartbeat(id)).toBe(false);
    expect(await store.get(id)).toBeUndefined();
  });

  it('change, and go when they are told to', async () => {
    const { store, shown } = setUp();
    const { id } = await store.register(registration);
    await store.update(id, { ...registration, port: 81, weight: 7 });
    expect(shown()).toEqual([fixed, '10.0.0.9:81 ready registered']);
    expect(store.source.instances[1]?.weight).toBe(7);
    expect(await store.remove(id)).toBe(true);
    expect(await store.remove(id)).toBe(false);
    expect(await store.update(id, registration)).toBeUndefined();
    expect(shown()).toEqual([fixed]);
  });

  it('never take the place of a fixed one, nor a dead one that of a live one', async () => {
    const { clock, store, shown } = setUp();
    await store.register({ ...registration, address: '10.0.0.1' });
    await store.register(registration);
    await clock.advance(30_000);
    await store.register(registration);
    expect(shown()).toEqual([fixed, '10.0.0.9:8080 ready registered']);
  });

  it('are not more than there is room for', async () => {
    const { store } = setUp();
    await Promise.all(
      Array.from({ length: MAX_REGISTERED }, (_, port) =>
        store.register({ ...registration, port: port + 1 }),
      ),
    );
    expect(store.source.instances).toHaveLength(MAX_REGISTERED + 1);
    await expect(store.register(registration)).rejects.toThrow('no room');
    store.stop();
  });
});
