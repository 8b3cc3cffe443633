import type { GatewayOverview, Overview } from '../../overview/overview.ts';
import { el, list, setAttribute, setShare, setText, type View } from './dom.ts';
import { healthMark, namespacePrefix } from './marks.ts';
import { businessOf } from './words.ts';

/** A gateway, and the sets of its own region that cannot serve: their requests go elsewhere. */
export interface GatewayItem extends GatewayOverview {
  failingOver: readonly string[];
}

export function gatewayItems({ gateways, sets }: Overview): GatewayItem[] {
  return gateways.map((gateway) => ({ ...gateway, failingOver: failingOver(gateway, sets) }));
}

function failingOver({ namespace, prefix, region }: GatewayOverview, sets: Overview['sets']): string[] {
  return sets
    .filter((set) => set.namespace === namespace && set.readyReplicas === 0)
    .map(({ set }) => set)
    .filter((set) => set.startsWith(`${prefix}.`) && set.endsWith(`.${region}`));
}

interface Note {
  key: string;
  style: 'warns' | 'tells';
  text: string;
}

export function gatewayView({ namespace }: GatewayItem): View<GatewayItem> {
  const name = el('span');
  const about = el('p.about');
  const health = healthMark();
  const fill = el('span.fill');
  const meter = el('div.meter.percent', { role: 'img' }, fill);
  const percent = el('p.figures');
  const share = el('div', {}, percent, meter);
  const notes = el('ul.notes');
  const show = list(notes, ({ key }: Note) => key, noteView);
  const head = el(
    'div.head',
    {},
    el('div', {}, el('h3', {}, namespacePrefix(namespace), name), about),
    health.element,
  );
  return {
    element: el('li.panel.gateway', {}, head, share, notes),
    update(gateway) {
      setText(name, gateway.name);
      const paused = gateway.paused ? ' · paused' : '';
      setText(
        about,
        `${gateway.prefix}.*.${gateway.region} · ${gateway.readyReplicas}/${gateway.replicas} pods${paused}`,
      );
      health.update(gateway.health);
      share.hidden = gateway.percent === undefined;
      const text = `${gateway.percent ?? 100} % of requests go to the sets${gateway.phase ? ` (${gateway.phase})` : ''}`;
      setText(percent, text);
      setAttribute(meter, 'aria-label', text);
      setShare(fill, 'width', `${gateway.percent ?? 100}%`);
      show(notesOf(gateway));
    },
  };
}

function notesOf({ failingOver, switchedOff }: GatewayItem): Note[] {
  return [
    ...failingOver.map((set): Note => {
      const text = `Failover: ${set} has no ready pod, so ${businessOf(set)} goes elsewhere`;
      return { key: `over/${set}`, style: 'warns', text };
    }),
    ...switchedOff.map((business): Note => {
      return { key: `off/${business}`, style: 'warns', text: `Switched off: ${business} is answered 503` };
    }),
    ...(failingOver.length + switchedOff.length === 0
      ? [{ key: 'well', style: 'tells', text: 'No failover, nothing switched off' } as const]
      : []),
  ];
}

function noteView(): View<Note> {
  const element = el('li');
  return {
    element,
    update({ style, text }) {
      setAttribute(element, 'class', style);
      setText(element, text);
    },
  };
}
