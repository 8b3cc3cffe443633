import type {
  AccountOverview,
  AccountShare,
  GatewayOverview,
  Health,
  Overview,
  SetOverview,
} from '../overview.ts';
import type { RecentEvent } from '../recent-events.ts';
import type { Unreadable } from '../watched-objects.ts';
import { age } from './age.ts';
import { legend, segmentsOf } from './bar.ts';
import { type Look, paint, type Style } from './look.ts';
import { HEALTH_STYLES, troubleNotes, unreadableNote } from './notes.ts';
import { type Cell, type Column, type Note, note, type Row, table } from './table.ts';

export interface StatusView {
  overview: Overview;
  /** The newest last. */
  events: readonly RecentEvent[];
  unreadable: readonly Unreadable[];
  /** All namespaces when there is none. */
  namespace?: string | undefined;
  /** Show each pod's lease. */
  leases?: boolean;
  /** Something about the view itself, such as that it is not up to date. */
  notice?: string | undefined;
}

/** What `eppset status` prints: lines that are never wider than the terminal. */
export function renderStatus(view: StatusView, look: Look): string[] {
  const { overview, unreadable, notice, namespace } = view;
  const where = namespace === undefined ? 'all namespaces' : `namespace ${namespace}`;
  const notes: Note[] = [
    ...(notice === undefined ? [] : [{ mark: '! ', text: notice, style: 'bad' as const }]),
    ...unreadable.map(unreadableNote),
  ];
  const head = [
    ...note({ text: `${where}, ${overview.at.replace(/\.\d+/, '')}` }, look).map((line) => line.trim()),
    ...notes.flatMap((one) => note(one, look)),
  ];
  const sections = [
    accounts(view, look),
    sets(view, look),
    view.leases ? leases(view, look) : [],
    gateways(view, look),
    events(view, look),
  ].filter((lines) => lines.length > 0);
  if (sections.length === 0 && unreadable.length === 0) {
    const empty = `there is no EppRegistry, EppSet or EppGateway in ${where}${namespace === undefined ? '' : ' (-A: look in all)'}`;
    sections.push(note({ text: empty }, look));
  }
  return [head, ...sections].flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

const NUMBERS = ['GRANTED', 'OPEN', 'WAITING'].map((title): Column => ({ title, right: true }));
const number = (value: number, style?: Style): Cell => ({
  text: String(value),
  ...(style !== undefined && value > 0 && { style }),
});

/** Columns and cells that stand in front of a row. */
function place({ namespace }: StatusView) {
  const isShown = namespace === undefined;
  return {
    columns: (title: string): Column[] => [{ title }, ...(isShown ? [{ title: 'NAMESPACE' }] : [])],
    cells: (name: string, its: string): Cell[] => [{ text: name }, ...(isShown ? [{ text: its }] : [])],
  };
}

function accounts(view: StatusView, look: Look): string[] {
  const { accounts, at } = view.overview;
  if (accounts.length === 0) return [];
  const front = place(view);
  const columns: Column[] = [
    ...front.columns('ACCOUNT'),
    { title: 'HEALTH' },
    { title: 'CONNECTIONS' },
    ...['USABLE', 'GRANTED', 'OPEN', 'FREE', 'QUAR', 'WAITING'].map((title) => ({ title, right: true })),
  ];
  const rows = accounts.map((account): Row => {
    const { namespace, name, usable, granted, open, free, quarantined, waiting } = account;
    return {
      cells: [
        ...front.cells(name, namespace),
        healthCell(account.health),
        { bar: segmentsOf(account) },
        number(usable),
        number(granted),
        number(open),
        number(free),
        number(quarantined, 'quarantined'),
        number(waiting, 'passing'),
      ],
      notes: [
        ...(account.sets.length === 0 ? [] : [{ text: sharesText(account), style: 'dim' as const }]),
        ...troubleNotes(account, at),
      ],
    };
  });
  return [...table(columns, rows, look), ...note({ text: legend(look), style: 'dim' }, look)];
}

function sharesText({ sets, limit, usable, externalReserved, cut }: AccountOverview): string {
  const less = [
    ...(externalReserved > 0 ? [`${externalReserved} reserved for others`] : []),
    ...(cut > 0 ? [`${cut} cut`] : []),
  ];
  const allowed = limit === usable ? [] : [[`the registry allows ${limit}`, ...less].join(', ')];
  return [...sets.map(shareText), ...allowed].join('; ');
}

function shareText(share: AccountShare): string {
  const { set, granted, min, max, open, waiting, charged, quarantined } = share;
  const more = [
    `${open} open`,
    ...(charged > granted ? [`${charged - granted} on the way`] : []),
    ...(quarantined > 0 ? [`${quarantined} quarantined`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
  ];
  const bounds = max === 0 ? 'no pool' : `${min}-${max}`;
  return `${set} ${granted} (${bounds}): ${more.join(', ')}`;
}

function sets(view: StatusView, look: Look): string[] {
  const { sets, at } = view.overview;
  if (sets.length === 0) return [];
  const front = place(view);
  const columns: Column[] = [
    ...front.columns('SET'),
    { title: 'HEALTH' },
    { title: 'NAME', optional: true },
    { title: 'CLASS' },
    { title: 'PODS', right: true },
    ...NUMBERS,
  ];
  const rows = sets.map((set): Row => {
    const { namespace, name, health, paused, granted, open, waiting } = set;
    return {
      cells: [
        ...front.cells(set.set || name, namespace),
        healthCell(health, paused),
        { text: name },
        { text: set.class },
        podsCell(set),
        number(granted),
        number(open),
        number(waiting, 'passing'),
      ],
      notes: troubleNotes(set, at),
    };
  });
  return table(columns, rows, look);
}

function leases(view: StatusView, look: Look): string[] {
  const front = place(view);
  const columns: Column[] = [
    ...front.columns('LEASE OF POD'),
    { title: 'STATE' },
    { title: 'SET' },
    { title: 'ACCOUNT' },
    ...NUMBERS,
  ];
  const rows = view.overview.sets.flatMap(({ namespace, name, set, leases }) =>
    leases.flatMap(({ pod, state, accounts }) => {
      const cells = [...front.cells(pod, namespace), { text: state }, { text: set || name }];
      if (accounts.length === 0) return [{ cells, notes: [] }];
      return accounts.map(({ registry, granted, open, waiting }) => ({
        cells: [...cells, { text: registry }, number(granted), number(open), number(waiting, 'passing')],
        notes: [],
      }));
    }),
  );
  return rows.length === 0 ? [] : table(columns, rows, look);
}

function gateways(view: StatusView, look: Look): string[] {
  const { gateways, at } = view.overview;
  if (gateways.length === 0) return [];
  const front = place(view);
  const columns: Column[] = [
    ...front.columns('GATEWAY'),
    { title: 'HEALTH' },
    { title: 'SETS' },
    { title: 'PODS', right: true },
    { title: 'TO SETS', right: true },
    { title: 'ROLLOUT' },
    { title: 'SWITCHED OFF' },
  ];
  const rows = gateways.map((gateway): Row => {
    const { namespace, name, health, paused, prefix, region, phase = '', switchedOff } = gateway;
    return {
      cells: [
        ...front.cells(name, namespace),
        healthCell(health, paused),
        { text: prefix === '' ? '' : `${prefix}.*.${region}` },
        podsCell(gateway),
        { text: `${gateway.percent ?? 100}%` },
        { text: phase, ...(['RolledBack', 'Aborted'].includes(phase) && { style: 'bad' }) },
        { text: switchedOff.join(', '), style: 'bad' },
      ],
      notes: troubleNotes(gateway, at),
    };
  });
  return table(columns, rows, look);
}

function events({ events, overview, namespace }: StatusView, look: Look): string[] {
  if (events.length === 0) return [];
  const lines = events.flatMap(({ at, type, object, reason, message, count, namespace: its }) => {
    const where = namespace === undefined ? `${its}/${object}` : object;
    const often = count > 1 ? ` (x${count})` : '';
    const text = `${type === 'Normal' ? '' : `${type} `}${where} ${reason}${often}: ${message}`;
    const mark = `${age(at, overview.at).padStart(4)}  `;
    return note({ mark, text, ...(type !== 'Normal' && { style: 'passing' }) }, look);
  });
  return [paint('EVENTS', 'title', look), ...lines];
}

function healthCell(health: Health, paused = false): Cell {
  return { text: paused ? `${health}, paused` : health, style: HEALTH_STYLES[health] };
}

function podsCell({ readyReplicas, replicas }: SetOverview | GatewayOverview): Cell {
  return {
    text: `${readyReplicas}/${replicas}`,
    ...(readyReplicas < replicas && { style: 'passing' }),
  };
}
