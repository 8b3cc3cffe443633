/** Small marks that several parts show. Each says in words what its colour says. */
import type { Health, Overview, Trouble } from '../../overview/overview.ts';
import { el, setAttribute, setText } from './dom.ts';
import { classStyle } from './words.ts';

const SIGNS: Readonly<Record<Health, string>> = { Ready: '✓', Progressing: '↻', Degraded: '!', Unknown: '?' };

/** `✓ Ready`. */
export function healthMark(): { element: HTMLElement; update(health: Health): void } {
  const sign = el('span', { 'aria-hidden': 'true' });
  const word = el('span');
  const element = el('span.health', {}, sign, word);
  return {
    element,
    update(health) {
      setAttribute(element, 'data-health', health);
      setText(sign, SIGNS[health]);
      setText(word, health);
    },
  };
}

export function classMark(): { element: HTMLElement; update(name: string): void } {
  const element = el('span');
  return {
    element,
    update(name) {
      setAttribute(element, 'class', `class ${classStyle(name)}`);
      setText(element, name || 'gone');
    },
  };
}

/** Shown where there are several. */
export function namespacePrefix(namespace: string): HTMLElement {
  return el('span.namespace', {}, `${namespace}/`);
}

/** Names are unique within a namespace: shown where there is more than one. */
export function severalNamespaces({ accounts, sets, gateways }: Overview): boolean {
  return new Set([...accounts, ...sets, ...gateways].map(({ namespace }) => namespace)).size > 1;
}

/** A trouble and what it is about. */
export interface Concern {
  key: string;
  kind: string;
  name: string;
  trouble: Trouble;
}

export function concernsOf(overview: Overview): Concern[] {
  const several = severalNamespaces(overview);
  const kinds = [
    ['Account', overview.accounts],
    ['Set', overview.sets],
    ['Gateway', overview.gateways],
  ] as const;
  return kinds.flatMap(([kind, all]) =>
    all.flatMap(({ namespace, name, troubles }) =>
      troubles.map((trouble) => ({
        key: `${kind}/${namespace}/${name}/${trouble.type}`,
        kind,
        name: several ? `${namespace}/${name}` : name,
        trouble,
      })),
    ),
  );
}
