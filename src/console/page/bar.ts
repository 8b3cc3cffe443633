/** What an account's bar is made of: pure, so that its sums can be tested without a browser. */
import type { AccountOverview, AccountShare } from '../../overview/overview.ts';
import { businessOf, classStyle, count } from './words.ts';

/** A part of the bar, in connections. */
export interface Segment {
  key: string;
  style: string;
  /** How wide it is. */
  size: number;
  /** How much of it is filled. */
  filled: number;
  label: string;
}

/** Parts from left to right: sets, quarantine, what is free, what is not ours. */
export function segmentsOf(account: AccountOverview): Segment[] {
  const sets = account.sets.map((share) => ({
    key: share.name,
    style: classStyle(share.class),
    size: heldBy(share),
    filled: share.open,
    label: `${businessOf(share.set)} ${share.open}/${share.granted}`,
  }));
  const rest = (key: string, size: number, label: string): Segment => ({
    key: `/${key}`,
    style: key,
    size,
    filled: 0,
    label: `${label} ${size}`,
  });
  return [
    ...sets,
    rest('quarantined', account.quarantined, 'quarantine'),
    rest('free', account.free, 'free'),
    rest('reserved', account.externalReserved, 'others'),
    rest('cut', account.cut, 'cut'),
  ];
}

/** What nobody else can have: more than the grant while a pod has not acknowledged a lower one. */
export function heldBy({ granted, charged, open }: AccountShare): number {
  return Math.max(granted, charged, open);
}

/** The bar in words. */
export function barLabel(account: AccountOverview): string {
  const sets = account.sets.map(
    ({ set, class: name, granted, open }) => `${set} (${name || 'gone'}) ${granted} granted, ${open} open`,
  );
  const others = [
    [account.quarantined, 'quarantined'],
    [account.free, 'free'],
    [account.externalReserved, 'kept for others'],
    [account.cut, 'cut'],
  ] as const;
  const rest = others.filter(([size]) => size > 0).map(([size, what]) => `${size} ${what}`);
  return `${count(account.limit, 'connection')} of ${account.name}: ${[...sets, ...rest].join('; ') || 'none in use'}`;
}
