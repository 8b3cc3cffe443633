import { seededRandom } from '../../lib/seeded-random.ts';
import { type FaultAction, type FaultKind, type FaultRule, type Faults, GREETING } from './options.ts';
import { randomAction } from './random.ts';

/** A command that is about to be executed, or a greeting. */
export interface FaultEvent {
  command: string;
  clientId: string | undefined;
  /** Names and ids of the command's objects, in lower case. */
  names: readonly string[];
}

interface CountedRule {
  fits(event: FaultEvent): boolean;
  nth: FaultRule['when']['nth'];
  probability: number;
  do: FaultAction;
  seen: number;
}

/** What is to go wrong, and what went wrong so far. The same commands in the same order have the same faults. */
export class FaultPlan {
  /** How often each kind was done. */
  readonly done = new Map<FaultKind, number>();
  #settings: Faults;
  #rules: readonly CountedRule[];
  #ruleRandom: () => number;
  #soakRandom: () => number;

  constructor(settings: Faults) {
    this.#settings = settings;
    this.#rules = countedRules(settings);
    this.#ruleRandom = seededRandom(settings.seed);
    this.#soakRandom = seededRandom(settings.random?.seed ?? 0);
  }

  get settings(): Faults {
    return this.#settings;
  }

  /** Nothing can go wrong. */
  get quiet(): boolean {
    return this.#rules.length === 0 && this.#settings.random === null;
  }

  /** In [0, 1): what a rule leaves open, by the rules' seed. */
  random(): number {
    return this.#ruleRandom();
  }

  /** What is given is changed, and counts and seeds of that begin anew; the rest goes on. */
  change(change: Partial<Faults>): void {
    const { random, overLimit: _overLimit, ...ofRules } = change;
    this.#settings = { ...this.#settings, ...change };
    if (random !== undefined) this.#soakRandom = seededRandom(random?.seed ?? 0);
    if (Object.keys(ofRules).length === 0) return;
    this.#rules = countedRules(this.#settings);
    this.#ruleRandom = seededRandom(this.#settings.seed);
  }

  /** The fault of this event; it counts as done. */
  pick(event: FaultEvent): FaultAction | undefined {
    const { random } = this.#settings;
    let picked: FaultAction | undefined;
    // each rule counts what it sees, whichever is done
    for (const rule of this.#rules) {
      if (rule.fits(event) && this.#isDue(rule)) picked ??= rule.do;
    }
    if (random !== null && this.#soakRandom() < random.rate) {
      picked ??= randomAction(event.command, random, this.#soakRandom);
    }
    if (picked) this.done.set(picked.kind, (this.done.get(picked.kind) ?? 0) + 1);
    return picked;
  }

  #isDue(rule: CountedRule): boolean {
    const seen = ++rule.seen;
    const { nth, probability } = rule;
    if (nth !== undefined) {
      if ('at' in nth && ![nth.at].flat().includes(seen)) return false;
      if ('every' in nth && seen % nth.every !== 0) return false;
      if ('first' in nth && seen > nth.first) return false;
    }
    return probability >= 1 || this.#ruleRandom() < probability;
  }
}

function countedRules(settings: Faults): CountedRule[] {
  return [...settings.rules.map(counted), ...shorthands(settings)];
}

function counted({ when, do: action }: FaultRule): CountedRule {
  const { command, clientId, nth, probability = 1 } = when;
  const names = when.names?.map((name) => name.toLowerCase());
  return {
    fits: (event) =>
      (command === undefined ? event.command !== GREETING : event.command === command) &&
      (clientId === undefined || event.clientId === clientId) &&
      (names === undefined || names.some((name) => event.names.includes(name))),
    nth,
    probability,
    do: action,
    seen: 0,
  };
}

const OF_THE_SESSION = [GREETING, 'hello', 'login', 'logout'];

/** The simple fields, as rules. */
function shorthands({ greeting, login, lostReplies }: Faults): CountedRule[] {
  const rule = (fits: CountedRule['fits'], action: FaultAction, probability = 1): CountedRule => ({
    fits,
    nth: undefined,
    probability,
    do: action,
    seen: 0,
  });
  const rules: CountedRule[] = [];
  for (const [command, how] of [
    [GREETING, greeting],
    ['login', login],
  ] as const) {
    const fits = (event: FaultEvent) => event.command === command;
    if (how === 'mute') rules.push(rule(fits, { kind: 'mute', executed: true }));
    if (how === 'close') rules.push(rule(fits, { kind: 'eof', at: 'before-reply' }));
  }
  if (lostReplies > 0) {
    const fits = (event: FaultEvent) => !OF_THE_SESSION.includes(event.command);
    rules.push(rule(fits, { kind: 'mute', executed: true }, lostReplies));
  }
  return rules;
}
