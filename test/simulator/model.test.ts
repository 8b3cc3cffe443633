/** Random commands of two registrars: the simulated registry and a small model of one agree on codes and on what there is then. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contactNamed, DAY, type Desk, desk, TODAY } from './desk.ts';
import { CLIENTS, type Client, LOCKS, RegistryModel } from './registry-model.ts';

const NAMES = ['a.com', 'b.com'];
const HOSTS = ['ns1.x.org', 'ns1.a.com', 'ns1.b.com'];
const CONTACTS = ['sh8013', 'sh8014'];
const PASSWORDS = ['pw-one', 'pw-two'];
const report = {
  preData: 'before',
  postData: 'after',
  delTime: '2026-03-10T12:00:00Z',
  resTime: '2026-03-11T12:00:00Z',
  resReason: { text: 'Error' },
  statements: [{ text: 'one' }],
};

/** Codes that were answered and expected. */
const seen = new Set<number>();

/** One step of both. */
class Step implements fc.Command<RegistryModel, Desk> {
  readonly #text: string;
  readonly #model: (model: RegistryModel) => number | undefined;
  readonly #desk: (desk: Desk, model: RegistryModel) => number | undefined;

  constructor(
    text: string,
    model: (model: RegistryModel) => number | undefined,
    onDesk: (desk: Desk, model: RegistryModel) => number | undefined,
  ) {
    this.#text = text;
    this.#model = model;
    this.#desk = onDesk;
  }

  check(): boolean {
    return true;
  }

  run(model: RegistryModel, real: Desk): void {
    const answered = this.#desk(real, model);
    expect(answered, this.#text).toBe(this.#model(model));
    if (answered !== undefined) seen.add(answered);
    agree(model, real);
  }

  toString(): string {
    return this.#text;
  }
}

/** Every object, as its info tells it. */
function agree(model: RegistryModel, real: Desk): void {
  for (const name of NAMES) {
    const domain = model.domains.get(name);
    const { results, data, unhandled } = real.ask('domain:info', { name });
    expect(results[0]?.code).toBe(domain ? 1000 : 2303);
    expect(unhandled).toBeUndefined();
    if (!domain) continue;
    const hostObjs = (data?.ns as { hostObjs: string[] } | undefined)?.hostObjs ?? [];
    expect(data).toMatchObject({ clID: domain.sponsor, exDate: model.expiryOf(domain).toISOString() });
    const { statuses } = data as { statuses: { s: string }[] };
    expect(new Set(statuses.map(({ s }) => s))).toEqual(model.statusesOf(name));
    expect(new Set(hostObjs)).toEqual(domain.hosts);
  }
  for (const name of HOSTS) {
    const { results, data } = real.ask('host:info', { name });
    expect([results[0]?.code, data?.clID]).toEqual(
      model.hosts.has(name) ? [1000, model.hosts.get(name)] : [2303, undefined],
    );
  }
  for (const as of CLIENTS) {
    expect(real.ask('poll', { op: 'req' }, { as }).messageQueue?.count ?? 0).toBe(model.messages[as]);
  }
}

const by = fc.constantFrom(...CLIENTS);
// one name and one password oftener than the others: so that things meet
const name = fc.constantFrom('a.com', ...NAMES);
const host = fc.constantFrom(...HOSTS);
const id = fc.constantFrom(...CONTACTS);
const pw = fc.constantFrom('pw-one', 'pw-one', ...PASSWORDS);

const step = (
  text: string,
  model: (model: RegistryModel) => number | undefined,
  onDesk: (desk: Desk, model: RegistryModel) => number | undefined,
) => new Step(text, model, onDesk);

const create = fc
  .record({
    by,
    name,
    pw,
    hosts: fc.uniqueArray(host, { maxLength: 2 }),
    registrant: fc.option(id, { nil: undefined }),
  })
  .map(({ by, name, pw, hosts, registrant }) =>
    step(
      `${by} creates ${name} with ${pw}, [${hosts}], ${registrant}`,
      (m) => m.create(by, name, pw, hosts, registrant),
      (d) => {
        const ns = hosts.length === 0 ? {} : { ns: { hostObjs: hosts } };
        const body = { name, authInfo: { pw }, ...ns, ...(registrant === undefined ? {} : { registrant }) };
        return d.code('domain:create', body, { as: by });
      },
    ),
  );
const remove = fc.record({ by, name }).map(({ by, name }) =>
  step(
    `${by} deletes ${name}`,
    (m) => m.remove(by, name),
    (d) => d.code('domain:delete', { name }, { as: by }),
  ),
);
const restore = fc
  .record({ by, name, op: fc.constantFrom('request' as const, 'report' as const) })
  .map(({ by, name, op }) =>
    step(
      `${by} restores ${name}: ${op}`,
      (m) => m.restore(by, name, op),
      (d) => d.code('domain:restore', { name, op, ...(op === 'report' ? { report } : {}) }, { as: by }),
    ),
  );
const renew = fc.record({ by, name, right: fc.boolean() }).map(({ by, name, right }) =>
  step(
    `${by} renews ${name} by the ${right ? 'right' : 'wrong'} date`,
    (m) => m.renew(by, name, right),
    (d, m) => {
      const domain = m.domains.get(name);
      const expires = domain && right ? m.expiryOf(domain).toISOString().slice(0, 10) : '2020-01-01';
      return d.code('domain:renew', { name, curExpDate: expires }, { as: by });
    },
  ),
);
const lock = fc
  .record({ by, name, lock: fc.constantFrom(...LOCKS), on: fc.constantFrom(true, true, false) })
  .map(({ by, name, lock, on }) =>
    step(
      `${by} ${on ? 'sets' : 'lifts'} ${lock} of ${name}`,
      (m) => m.lock(by, name, lock, on),
      (d) => d.code('domain:update', { name, [on ? 'add' : 'rem']: { statuses: [{ s: lock }] } }, { as: by }),
    ),
  );
const delegate = fc.record({ by, name, host, on: fc.boolean() }).map(({ by, name, host, on }) =>
  step(
    `${by} ${on ? 'adds' : 'takes'} ${host} ${on ? 'to' : 'from'} ${name}`,
    (m) => m.delegate(by, name, host, on),
    (d) => d.code('domain:update', { name, [on ? 'add' : 'rem']: { ns: { hostObjs: [host] } } }, { as: by }),
  ),
);
const transfer = fc
  .record({ by, name, pw, op: fc.constantFrom('request', 'request', 'query', 'approve', 'reject', 'cancel') })
  .map(({ by, name, pw, op }) =>
    step(
      `${by} transfers ${name}: ${op} with ${pw}`,
      (m) => m.transfer(by, name, op, pw),
      (d) => {
        const authInfo = op === 'request' ? { authInfo: { pw } } : {};
        return d.code('domain:transfer', { name, op, ...authInfo }, { as: by });
      },
    ),
  );
const ofHost = fc.record({ by, host, on: fc.boolean() }).map(({ by, host, on }) =>
  step(
    `${by} ${on ? 'creates' : 'deletes'} ${host}`,
    (m) => (on ? m.createHost(by, host) : m.deleteHost(by, host)),
    (d) => d.code(on ? 'host:create' : 'host:delete', { name: host }, { as: by }),
  ),
);
const ofContact = fc.record({ by, id, on: fc.boolean() }).map(({ by, id, on }) =>
  step(
    `${by} ${on ? 'creates' : 'deletes'} ${id}`,
    (m) => (on ? m.createContact(by, id) : m.deleteContact(by, id)),
    (d) => d.code(on ? 'contact:create' : 'contact:delete', on ? contactNamed(id) : { id }, { as: by }),
  ),
);
const acknowledge = by.map((as: Client) =>
  step(
    `${as} acknowledges`,
    (m) => m.acknowledge(as),
    (d) => {
      const { messageQueue } = d.ask('poll', { op: 'req' }, { as });
      return d.code('poll', { op: 'ack', msgID: messageQueue?.id ?? '0' }, { as });
    },
  ),
);
const advance = fc.constantFrom(1, 4, 6, 31, 200).map((days) =>
  step(
    `${days} days pass`,
    (m) => void m.advance(days),
    (d) => void d.advance(days * DAY),
  ),
);

const steps = [
  create,
  create,
  remove,
  restore,
  renew,
  lock,
  lock,
  delegate,
  transfer,
  transfer,
  ofHost,
  ofHost,
  ofContact,
  acknowledge,
  advance,
];

it('agrees with a model of a registry, whatever two registrars do in whatever order', {
  timeout: 120_000,
}, () => {
  let runs = 0;
  fc.assert(
    fc.property(fc.commands(steps, { maxCommands: 60, size: 'max' }), (commands) => {
      const real = desk({}, { unchecked: runs++ >= CHECKED_RUNS });
      const model = new RegistryModel(TODAY);
      // a domain that there is from the start: much can happen to it
      model.create('acme', 'a.com', 'pw-one', [], undefined);
      real.code('domain:create', { name: 'a.com', authInfo: { pw: 'pw-one' } });
      fc.modelRun(() => ({ model, real }), commands);
    }),
    { numRuns: 120 },
  );
  // else it would have proved less than it says
  for (const code of CODES) expect([...seen]).toContain(code);
});

/** So many runs are held against the schemas: one process has to read all their answers. */
const CHECKED_RUNS = 5;
const CODES = [1000, 1001, 2106, 2201, 2202, 2301, 2302, 2303, 2304, 2305, 2306];
