import type { AccountOverview, AccountShare } from '../../overview/overview.ts';
import { barLabel, heldBy, type Segment, segmentsOf } from './bar.ts';
import { el, list, setAttribute, setShare, setText, type View } from './dom.ts';
import { classMark, healthMark, namespacePrefix } from './marks.ts';

/** An account: its bar, and the numbers behind it. */
export function accountView({ namespace }: AccountOverview): View<AccountOverview> {
  const name = el('span');
  const about = el('p.about');
  const health = healthMark();
  const figures = el('p.figures');
  const bar = el('div.bar', { role: 'img' });
  const limit = el('span');
  const scale = el('div.scale', { 'aria-hidden': 'true' }, el('span', {}, '0'), limit);
  const body = el('tbody');
  const heads = ['Set', 'Open', 'Granted', 'Min–max', 'Waiting'].map((text) =>
    el('th', { scope: 'col' }, text),
  );
  const caption = el('caption.unseen');
  const table = el('table', {}, caption, el('thead', {}, el('tr', {}, ...heads)), body);
  const segments = list(bar, ({ key }: Segment) => key, segmentView);
  const shares = list(body, (share: AccountShare) => share.name, shareView);
  const head = el(
    'div.head',
    {},
    el('div', {}, el('h3', {}, namespacePrefix(namespace), name), about),
    health.element,
  );
  return {
    element: el('li.panel.account', {}, head, figures, bar, scale, table),
    update(account) {
      setText(name, account.name);
      const parts = [account.accreditation, account.tlds.map((tld) => `.${tld}`).join(' '), account.endpoint];
      setText(about, parts.filter(Boolean).join(' · '));
      health.update(account.health);
      setText(figures, figuresOf(account));
      segments(segmentsOf(account));
      setAttribute(bar, 'aria-label', barLabel(account));
      setText(limit, `limit ${account.limit}`);
      setText(caption, `Sets with connections of ${account.name}`);
      shares(account.sets);
      table.hidden = account.sets.length === 0;
    },
  };
}

function figuresOf(account: AccountOverview): string {
  const { open, granted, free, quarantined, waiting, cut, externalReserved } = account;
  const some = (size: number, text: string) => (size > 0 ? [`${size} ${text}`] : []);
  return [
    `${open} open`,
    `${granted} granted`,
    `${free} free`,
    ...some(quarantined, 'quarantined'),
    ...some(externalReserved, 'kept for others'),
    ...some(cut, 'cut by refusals'),
    ...some(waiting, 'waiting'),
    ...(account.learning ? ['ledger is being learned anew'] : []),
  ].join(' · ');
}

function segmentView(): View<Segment> {
  const fill = el('span.fill');
  const label = el('span.label');
  const element = el('span', {}, fill, label);
  return {
    element,
    update(segment) {
      setAttribute(element, 'class', `segment ${segment.style}`);
      setShare(element, 'flex-grow', String(segment.size));
      setShare(fill, 'width', `${segment.size === 0 ? 0 : (100 * segment.filled) / segment.size}%`);
      setText(label, segment.label.replaceAll(' ', '\u00a0'));
      setAttribute(element, 'title', segment.label);
    },
  };
}

function shareView(): View<AccountShare> {
  const set = el('span.set');
  const mark = classMark();
  const note = el('small');
  const [open, granted, bounds, waiting] = [el('td'), el('td'), el('td'), el('td')];
  const name = el('th', { scope: 'row' }, set, ' ', mark.element, note);
  return {
    element: el('tr', {}, name, open, granted, bounds, waiting),
    update(share) {
      setText(set, share.set || share.name);
      mark.update(share.class);
      const back = heldBy(share) - share.granted;
      const notes = [
        ...(back > 0 ? [`${back} on the way back`] : []),
        ...(share.quarantined > 0 ? [`${share.quarantined} quarantined`] : []),
      ];
      setText(note, notes.join(' · '));
      setText(open, String(share.open));
      setText(granted, String(share.granted));
      setText(bounds, `${share.min}–${share.max}`);
      setText(waiting, String(share.waiting));
      setAttribute(waiting, 'class', share.waiting > 0 ? 'waits' : '');
    },
  };
}
