import type { AccountOverview } from '../overview.ts';
import { type Look, paint, type Style } from './look.ts';

export interface Segment {
  /** Connections. */
  count: number;
  kind: Kind;
}
type Kind = Extract<Style, 'core' | 'manage' | 'query' | 'quarantined' | 'free' | 'outside'>;

const GLYPHS: Readonly<Record<Kind, readonly [unicode: string, ascii: string, meaning: string]>> = {
  core: ['█', '#', 'core'],
  manage: ['▓', '=', 'manage'],
  query: ['▒', '+', 'query'],
  quarantined: ['×', 'x', 'quarantined'],
  free: ['·', '.', 'free'],
  outside: ['╱', '/', 'reserved or cut'],
};

/** The parts of an account: what each set may have open, quarantine, what is free, and what is not ours to use. */
export function segmentsOf(account: AccountOverview): Segment[] {
  const { sets, quarantined, free, limit, usable } = account;
  return [
    ...sets.map((share) => ({ count: Math.max(share.charged, share.granted), kind: kindOf(share.class) })),
    { count: quarantined, kind: 'quarantined' },
    { count: free, kind: 'free' },
    { count: Math.max(0, limit - usable), kind: 'outside' },
  ];
}

/** Exactly `width` cells; what is there has at least one, as long as there is room for all. */
export function bar(segments: readonly Segment[], width: number, look: Look): string {
  const cells = cellsOf(
    segments.map(({ count }) => count),
    width,
  );
  const drawn = segments
    .map(({ kind }, index) => paint(glyph(kind, look).repeat(cells[index] ?? 0), kind, look))
    .join('');
  return `${drawn}${' '.repeat(width - cells.reduce((sum, count) => sum + count, 0))}`;
}

export function legend(look: Look): string {
  return Object.values(GLYPHS)
    .map(([unicode, ascii, meaning]) => `${look.unicode ? unicode : ascii} ${meaning}`)
    .join('  ');
}

function glyph(kind: Kind, { unicode }: Look): string {
  return GLYPHS[kind][unicode ? 0 : 1];
}

/** Of a set that is gone nothing tells the class. */
function kindOf(setClass: string): Kind {
  return setClass === 'core' || setClass === 'manage' ? setClass : 'query';
}

/** `width` divided after `counts`, in whole cells: the largest remainders first, and none left out while there is room. */
export function cellsOf(counts: readonly number[], width: number): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return counts.map(() => 0);
  const parts = counts.map((count) => {
    const exact = (count / total) * width;
    return { exact, cells: exact > 0 ? Math.max(1, Math.floor(exact)) : 0 };
  });
  let left = width - parts.reduce((sum, { cells }) => sum + cells, 0);
  while (left > 0) {
    const short = parts.reduce((a, b) => (b.exact - b.cells > a.exact - a.cells ? b : a));
    short.cells += 1;
    left -= 1;
  }
  // Those that are there but small were given more than their share: the widest give it back.
  while (left < 0) {
    const widest = parts.reduce((a, b) => (b.cells >= a.cells ? b : a));
    widest.cells -= 1;
    left += 1;
  }
  return parts.map(({ cells }) => cells);
}
