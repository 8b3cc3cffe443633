import type { LeaseOverview, SetOverview } from '../../overview/overview.ts';
import { el, list, setAttribute, setShare, setText, type View } from './dom.ts';
import { classMark, healthMark, namespacePrefix } from './marks.ts';
import { classStyle, count } from './words.ts';

/** A set in a row, and its pods when it is opened. */
export function setView({ namespace }: SetOverview): View<SetOverview> {
  const name = el('span.set');
  const mark = classMark();
  const health = healthMark();
  const pods = el('span.pods');
  const fill = el('span.fill');
  const meter = el('span', { 'aria-hidden': 'true' }, fill);
  const connections = el('span.connections');
  const waiting = el('span.waiting');
  const summary = el(
    'summary',
    {},
    el('span.who', {}, namespacePrefix(namespace), name, ' ', mark.element),
    health.element,
    pods,
    el('span.use', {}, meter, connections),
    waiting,
  );
  const leases = el('ul.leases');
  const none = el('p.empty', {}, 'No pod has a connection lease.');
  const details = el('details', {}, summary, leases, none);
  const show = list(leases, ({ pod }: LeaseOverview) => pod, leaseView);
  let last: SetOverview | undefined;
  // A thousand sets have thousands of pods: drawn only when somebody looks.
  const showLeases = () => {
    if (last === undefined || !details.open) return;
    show(last.leases);
    none.hidden = last.leases.length > 0;
  };
  details.addEventListener('toggle', showLeases);
  return {
    element: el('li', {}, details),
    update(set) {
      last = set;
      setText(name, set.set || set.name);
      mark.update(set.class);
      health.update(set.health);
      setText(pods, `${set.readyReplicas}/${set.replicas} pods${set.paused ? ', paused' : ''}`);
      setAttribute(meter, 'class', `meter ${classStyle(set.class)}`);
      setShare(fill, 'width', `${set.granted === 0 ? 0 : Math.min(100, (100 * set.open) / set.granted)}%`);
      setText(connections, `${set.open}/${set.granted} open`);
      setText(waiting, set.waiting > 0 ? `${set.waiting} waiting` : '');
      showLeases();
    },
  };
}

function leaseView(): View<LeaseOverview> {
  const pod = el('span.pod');
  const state = el('span.state');
  const held = el('span.held');
  return {
    element: el('li', {}, pod, state, held),
    update(lease) {
      setText(pod, lease.pod);
      setText(state, lease.state);
      setAttribute(state, 'data-state', lease.state);
      const accounts = lease.accounts.map(
        ({ registry, granted, open, waiting }) =>
          `${registry} ${open}/${granted}${waiting > 0 ? `, ${count(waiting, 'waits', 'wait')}` : ''}`,
      );
      setText(held, accounts.join(' · ') || 'no connections');
    },
  };
}
