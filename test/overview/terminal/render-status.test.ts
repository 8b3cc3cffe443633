import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EPP_CONNECTION_LEDGER } from '../../../src/api/v1alpha1/connection-ledger.ts';
import { EPP_SET } from '../../../src/api/v1alpha1/set.ts';
import { EVENT } from '../../../src/kube/builtin.ts';
import { renderStatus, type StatusView } from '../../../src/overview/terminal/render-status.ts';
import { displayWidth } from '../../../src/overview/terminal/text.ts';
import { account, BUSY, overview, set, share } from '../overviews.ts';

const events: StatusView['events'] = [
  {
    at: '2026-11-21T11:57:00Z',
    type: 'Warning',
    namespace: 'shop',
    object: 'EppRegistry/cnnic',
    reason: 'CredentialsRefused',
    message: 'the registry refused the credentials once',
    count: 4,
  },
  {
    at: '2026-11-21T11:59:30Z',
    type: 'Normal',
    namespace: 'shop',
    object: 'EppSet/epp-core-bj',
    reason: 'PodsReady',
    message: '2 of 2 pods are ready',
    count: 1,
  },
];
const busy: StatusView = { overview: BUSY, events, unreadable: [], namespace: 'shop' };
const plainLook = { columns: 80, colour: false, unicode: true };

const drawn = (view: StatusView, look: Partial<typeof plainLook> = {}): string =>
  `\n${renderStatus(view, { ...plainLook, ...look }).join('\n')}\n`;

describe('the status in a terminal', () => {
  it('is tables of 80 columns, as its page shows them', async () => {
    const page = await readFile(new URL('../../../docs/status.md', import.meta.url), 'utf8');
    const [, example] = /^```text\n([\s\S]*?)^```$/m.exec(page) ?? [];
    expect(drawn(busy)).toBe(`\n${example}`);
  });

  it('is records of short lines where there are 40, in ASCII', () => {
    expect(drawn(busy, { columns: 40, unicode: false })).toBe(`
namespace shop, 2026-11-21T12:00:00Z

ACCOUNT
cnnic  Degraded
  ########..............................
  usable 10, granted 2, open 0, free 8,
  quar 0, waiting 0
  epp.core.bj 2 (2-12): 0 open
  ! CredentialsRefused, 3m: the registry
    refused the credentials once:
    compare Secret cnnic-credentials
    with what it knows
verisign  Ready
  ###########+++++++++++++++++xxxx..////
  usable 18, granted 14, open 13, free
  1, quar 2, waiting 12
  epp.core.bj 6 (2-12): 5 open;
  epp.query.bj 8 (2-12): 8 open, 1 on
  the way, 2 quarantined, 12 waiting;
  the registry allows 20, 2 reserved for
  others
  # core = manage + query x quarantined
  . free / reserved or cut

SET
epp.core.bj  Ready
  name epp-core-bj, class core, pods
  2/2, granted 8, open 5, waiting 0
epp.query.bj  Progressing
  name epp-query-bj, class query, pods
  1/2, granted 8, open 8, waiting 12
  ! PodsNotReady, 12s: 1 of 2 pods are
    ready

GATEWAY
front  Ready
  sets epp.*.bj, pods 2/2, to sets 10%,
  rollout Progressing, switched off
  query

EVENTS
    3m  Warning EppRegistry/cnnic
        CredentialsRefused (x4): the
        registry refused the credentials
        once
   30s  EppSet/epp-core-bj PodsReady: 2
        of 2 pods are ready
`);
  });

  it('shows namespaces when it looks in all, and leases when asked', () => {
    const view = { ...busy, namespace: undefined, leases: true, events: events.slice(0, 1) };
    expect(drawn({ ...view, overview: { ...BUSY, accounts: [], gateways: [] } }, { columns: 120 })).toBe(`
all namespaces, 2026-11-21T12:00:00Z

SET           NAMESPACE  HEALTH       NAME          CLASS  PODS  GRANTED  OPEN  WAITING
epp.core.bj   shop       Ready        epp-core-bj   core    2/2        8     5        0
epp.query.bj  shop       Progressing  epp-query-bj  query   1/2        8     8       12
  ! PodsNotReady, 12s: 1 of 2 pods are ready

LEASE OF POD                    NAMESPACE  STATE   SET          ACCOUNT   GRANTED  OPEN  WAITING
epp-core-bj-adapter-7d9f-x2x4l  shop       Active  epp.core.bj  cnnic           2     0        0
epp-core-bj-adapter-7d9f-x2x4l  shop       Active  epp.core.bj  verisign        6     5        0

EVENTS
    3m  Warning shop/EppRegistry/cnnic CredentialsRefused (x4): the registry refused the credentials once
`);
  });

  it('says what may not be read, what the cluster does not know, and that it is not up to date', () => {
    const why = { reason: 'Forbidden', message: '' } as const;
    const view: StatusView = {
      overview: overview({ sets: [set('epp-core-bj')] }),
      events: [],
      unreadable: [
        { part: 'ledgers', resource: EPP_CONNECTION_LEDGER, ...why },
        { part: 'sets', resource: EPP_SET, ...why, reason: 'NotServed' },
        { part: 'events', resource: EVENT, ...why },
      ],
      namespace: 'shop',
      notice: 'not up to date: list or watch failed',
    };
    expect(drawn(view, { columns: 60 })).toBe(`
namespace shop, 2026-11-21T12:00:00Z
  ! not up to date: list or watch failed
  ! you may not list eppconnectionledgers.eppset.io:
    connections are those that the operator last wrote into
    status, some seconds old
  ! this cluster has no eppsets.eppset.io (its definitions
    are older): they are missing below
  ! you may not list events: they are missing below

SET          HEALTH  CLASS  PODS  GRANTED  OPEN  WAITING
epp.core.bj  Ready   core    2/2        6     5        0
`);
  });

  it('says where there is nothing', () => {
    expect(drawn({ overview: overview(), events: [], unreadable: [], namespace: 'shop' })).toBe(`
namespace shop, 2026-11-21T12:00:00Z

  there is no EppRegistry, EppSet or EppGateway in namespace shop (-A: look in
  all)
`);
  });

  it('paints health, classes and troubles, and leaves the text as it is', () => {
    const painted = drawn(busy, { colour: true });
    expect(painted).toContain('\u001b[1;31mDegraded\u001b[0m');
    expect(painted).toContain('\u001b[34m███\u001b[0m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences that were put in
    expect(painted.replaceAll(/\u001b\[[\d;]*m/g, '')).toBe(drawn(busy));
  });

  it('does not let a message steer the terminal', () => {
    const troubles = [{ type: 'Ready', reason: 'X', message: 'a\u001b[2Jb\r\nc\u009b1mnd\u202e' }];
    const leases = [{ pod: 'p\u001b[2J', state: 'Active', accounts: [] }];
    const its = overview({ sets: [set('epp-core-bj', { troubles, leases })] });
    const shown = drawn({ ...busy, overview: its, leases: true, events: [] });
    expect(shown).toContain('! X: a [2Jb c 1mnd\n');
    expect(shown).toContain('p [2J');
    expect(shown).not.toMatch(/[^\P{C}\n]/u);
  });

  it('has two lines for each of a hundred accounts', () => {
    const accounts = Array.from({ length: 100 }, (_, n) =>
      account(`account-${String(n).padStart(3, '0')}`, {
        sets: [share('epp-core-bj', { granted: n % 7 }), share('epp-query-bj', { granted: n % 5 })],
      }),
    );
    const lines = renderStatus(
      { ...busy, overview: overview({ accounts }), events: [] },
      { ...plainLook, columns: 100 },
    );
    // The place and an empty line before, titles and the legend around.
    expect(lines).toHaveLength(2 + 1 + 200 + 1);
    expect(lines[203]).toMatch(/^ {2}█ core/);
  });

  it('is never wider than the terminal', () => {
    const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/);
    const view = fc.record({
      name,
      message: fc.string({ unit: 'grapheme', maxLength: 200 }),
      columns: fc.integer({ min: 20, max: 160 }),
      limit: fc.integer({ min: 1, max: 10_000 }),
      leases: fc.boolean(),
      all: fc.boolean(),
    });
    fc.assert(
      fc.property(view, ({ name, message, columns, limit, leases, all }) => {
        const troubles = [{ type: 'Ready', reason: 'X', message }];
        const its = overview({
          accounts: [account(name, { limit, troubles, sets: [share(name, { granted: 1 })] })],
          sets: [...BUSY.sets, set(name, { troubles })],
          gateways: BUSY.gateways.map((gateway) => ({ ...gateway, name })),
        });
        const moreEvents = events.map((event) => ({ ...event, message }));
        const shown = {
          overview: its,
          events: moreEvents,
          unreadable: [],
          leases,
          namespace: all ? undefined : name,
        };
        for (const line of renderStatus(shown, { columns, colour: false, unicode: true })) {
          expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        }
      }),
    );
  });
});
