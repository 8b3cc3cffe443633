import type { HandOver } from '../../overview/overview.ts';
import { byId, el, list, setAttribute, setShare, type View } from './dom.ts';
import { count, timeOfDay } from './words.ts';

const SHOWN_MS = 600_000;
/** In the list; the strip shows them all. */
const MAX_LISTED = 50;
const MAX_KEPT = 500;

/** When by the server's clock. */
type Dated = HandOver & { ms: number; number: number };

/** Hand-overs of the last minutes: as marks on a strip, and in words. */
export class Timeline {
  readonly #list = list(byId('hand-overs'), ({ number }: Dated) => String(number), itemView);
  readonly #marks = list(byId('strip'), ({ number }: Dated) => String(number), markView);
  #kept: Dated[] = [];
  #numbers = 0;

  add(handOvers: readonly HandOver[], reset: boolean): void {
    if (reset) this.#kept = [];
    for (const handOver of handOvers) {
      this.#numbers += 1;
      this.#kept.push({ ...handOver, ms: Date.parse(handOver.at), number: this.#numbers });
    }
  }

  /** @param nowMs by the server's clock */
  show(nowMs: number): void {
    this.#kept = this.#kept.filter(({ ms }) => nowMs - ms < SHOWN_MS).slice(-MAX_KEPT);
    this.#list(this.#kept.slice(-MAX_LISTED).reverse());
    this.#marks(this.#kept);
    const strip = byId('strip');
    for (const [index, { ms }] of this.#kept.entries()) {
      const mark = strip.children[index];
      if (mark instanceof HTMLElement) setShare(mark, 'left', `${place(ms, nowMs)}%`);
    }
    const connections = this.#kept.reduce((sum, one) => sum + one.connections, 0);
    setAttribute(
      strip,
      'aria-label',
      `${count(this.#kept.length, 'hand-over')} in the last 10 minutes, ${count(connections, 'connection')}`,
    );
  }
}

const place = (ms: number, nowMs: number): string =>
  (100 * Math.min(1, Math.max(0, 1 - (nowMs - ms) / SHOWN_MS))).toFixed(1);

function markView({ connections }: Dated): View<Dated> {
  const element = el('i');
  setShare(element, 'height', `${Math.min(100, 25 + 25 * Math.log2(connections))}%`);
  return { element, update() {} };
}

function itemView(handOver: Dated): View<Dated> {
  const { at, ms, from, to, registry, connections } = handOver;
  const time = el('time', { datetime: at }, timeOfDay(ms));
  const arrow = el('span.arrow', { 'aria-hidden': 'true' }, '→');
  const what = el('span.what', {}, party(from), el('span.unseen', {}, ' to '), arrow, party(to));
  const where = el('span.where', {}, `${count(connections, 'connection')} · ${registry}`);
  return { element: el('li', {}, time, el('div', {}, what, where)), update() {} };
}

/** A set, `free` or `quarantine`. */
function party(name: string): HTMLElement {
  const element = el('span.party', {}, name);
  element.classList.toggle('nobody', name === 'free' || name === 'quarantine');
  return element;
}
