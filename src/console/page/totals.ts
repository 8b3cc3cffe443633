import type { Overview } from '../../overview/overview.ts';
import { byId, el, list, setAttribute, setText, type View } from './dom.ts';

interface Total {
  name: string;
  value: string;
  of: string;
  warns: boolean;
}

export function totalsOf({ accounts, sets }: Overview): Total[] {
  const sum = (field: 'open' | 'usable' | 'granted' | 'free' | 'waiting' | 'quarantined') =>
    accounts.reduce((total, account) => total + account[field], 0);
  const ready = sets.filter(({ health }) => health === 'Ready').length;
  const plain = (name: string, value: number, of = '', warns = false): Total => ({
    name,
    value: String(value),
    of,
    warns,
  });
  return [
    plain('Open', sum('open'), `of ${sum('usable')}`),
    plain('Granted', sum('granted'), `${sum('free')} free`),
    plain('Quarantined', sum('quarantined'), '', sum('quarantined') > 0),
    plain('Waiting', sum('waiting'), '', sum('waiting') > 0),
    plain('Sets ready', ready, `of ${sets.length}`, ready < sets.length),
  ];
}

export function totals(): (overview: Overview) => void {
  const show = list(byId('totals'), ({ name }: Total) => name, totalView);
  return (overview) => show(totalsOf(overview));
}

function totalView({ name }: Total): View<Total> {
  const value = el('b');
  const of = el('small');
  const element = el('div', {}, el('dt', {}, name), el('dd', {}, value, of));
  return {
    element,
    update(total) {
      setText(value, total.value);
      setText(of, total.of);
      setAttribute(element, 'class', total.warns ? 'warns' : '');
    },
  };
}
