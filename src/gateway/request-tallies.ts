/**
 * Counts and times of requests, added up here and shown when somebody asks: prom-client hashes all labels at each step, which would cost
 * a gateway more than the rest of its own work.
 */
import { Counter, Histogram, type Registry } from 'prom-client';

export type RequestLabels = Readonly<
  Record<'business' | 'set' | 'level' | 'path' | 'operation' | 'status' | 'outcome', string>
>;

/** In seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const WHERE = ['business', 'set', 'level', 'path', 'operation'] as const;

export class Tally {
  readonly labels: RequestLabels;
  count = 0;
  sum = 0;
  /** Not cumulative; the last one is for all that took longer. */
  readonly buckets = new Float64Array(BOUNDS.length + 1);

  constructor(labels: RequestLabels) {
    this.labels = labels;
  }

  add(seconds: number): void {
    this.count++;
    this.sum += seconds;
    let at = 0;
    while (at < BOUNDS.length && seconds > (BOUNDS[at] ?? 0)) at++;
    this.buckets[at] = (this.buckets[at] ?? 0) + 1;
  }
}

/** Registers the three metrics of requests. The answer adds a tally, which is kept for ever: there are few combinations of labels. */
export function requestTallies(registry: Registry): (labels: RequestLabels) => Tally {
  const tallies: Tally[] = [];
  const registers = [registry];
  new Counter({
    name: 'epp_request_total',
    help: 'Requests, by what served them and by HTTP status or problem code of the gateway.',
    labelNames: [...WHERE, 'status'],
    registers,
    collect() {
      this.reset();
      for (const { labels, count } of tallies) this.inc(labelsOf(labels, 'status'), count);
    },
  });
  new Counter({
    name: 'epp_request_outcomes_total',
    help: 'Requests by what is known of their command: done, not-sent, unknown.',
    labelNames: [...WHERE, 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const { labels, count } of tallies) this.inc(labelsOf(labels, 'outcome'), count);
    },
  });
  new TalliedTimes(registry, tallies);
  return (labels) => {
    const tally = new Tally(labels);
    tallies.push(tally);
    return tally;
  };
}

function labelsOf<L extends 'status' | 'outcome'>(labels: RequestLabels, more: L) {
  const { business, set, level, path, operation } = labels;
  return { business, set, level, path, operation, [more]: labels[more] };
}

type Shown = Omit<Awaited<ReturnType<Histogram<string>['get']>>, 'collect'>;

/** A histogram whose values are added up elsewhere. */
class TalliedTimes extends Histogram<string> {
  readonly #tallies: readonly Tally[];

  constructor(registry: Registry, tallies: readonly Tally[]) {
    super({
      name: 'epp_request_duration_seconds',
      help: 'From the headers of the request to its answer.',
      labelNames: [...WHERE, 'outcome'],
      buckets: BOUNDS,
      registers: [registry],
    });
    this.#tallies = tallies;
  }

  /** What the registry asks, and `get` itself. */
  async getForPromString(): Promise<Shown> {
    const { name, help, type, aggregator } = this as unknown as Shown;
    return { name, help, type, aggregator, values: this.#values(name) };
  }

  #values(name: string): Shown['values'] {
    return merged(this.#tallies).flatMap(({ labels, buckets, sum, count }) => {
      const shown = labelsOf(labels, 'outcome');
      let below = 0;
      const lines = [...BOUNDS, '+Inf'].map((le, at) => {
        below += buckets[at] ?? 0;
        return { metricName: `${name}_bucket`, labels: { ...shown, le }, value: below, exemplar: null };
      });
      return [
        ...lines,
        { metricName: `${name}_sum`, labels: shown, value: sum },
        { metricName: `${name}_count`, labels: shown, value: count },
      ];
    });
  }
}

/** Tallies that differ in their status alone are one time series: a histogram of each status would be fifteen times as many. */
function merged(tallies: readonly Tally[]): Tally[] {
  const all = new Map<string, Tally>();
  for (const tally of tallies) {
    const key = JSON.stringify(labelsOf(tally.labels, 'outcome'));
    let sum = all.get(key);
    if (!sum) {
      sum = new Tally(tally.labels);
      all.set(key, sum);
    }
    sum.count += tally.count;
    sum.sum += tally.sum;
    for (const [at, count] of tally.buckets.entries()) sum.buckets[at] = (sum.buckets[at] ?? 0) + count;
  }
  return [...all.values()];
}
