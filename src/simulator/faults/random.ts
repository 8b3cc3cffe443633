import type { ResultCode } from '../../epp/result-codes.ts';
import { type FaultAction, type FaultKind, GREETING, type RandomFaults } from './options.ts';

type Random = () => number;
type Maker = (draw: Draw, command: string) => FaultAction;

/** What there is to choose from, drawn from one seed. */
interface Draw {
  from<T>(list: readonly [T, ...T[]]): T;
  /** Whole, from `least` to `most`. */
  int(least: number, most: number): number;
  bool(): boolean;
  ms(): number;
}

/**
 * A fault for this command, at random but fit for it. What no client could notice is left out: a result that says "failed" of a
 * command that was executed, an unasked reply that carries no id. So is a login refused for its credentials (2200, 2501): a good
 * client stops there until somebody acts. Rules can have all of them. Undefined: no kind that is asked for fits.
 */
export function randomAction(
  command: string,
  { kinds, maxMs }: RandomFaults,
  random: Random,
): FaultAction | undefined {
  const draw: Draw = {
    from: (list) => list[Math.floor(random() * list.length)] ?? list[0],
    int: (least, most) => least + Math.floor(random() * (most - least + 1)),
    bool: () => random() < 0.5,
    ms: () => Math.ceil(random() * maxMs),
  };
  const fit = command === GREETING ? kinds.filter((kind) => !NOT_FOR_GREETINGS.has(kind)) : kinds;
  const [first, ...rest] = fit;
  return first && MAKERS[draw.from([first, ...rest])](draw, command);
}

/** There is no reply to them that could be confused, held back or dirty, and no session yet. */
const NOT_FOR_GREETINGS: ReadonlySet<FaultKind> = new Set([
  'merge',
  'wrongClTRID',
  'unsolicited',
  'limitCountedLate',
]);

/** Longer than most replies: bytes beyond the end cut nothing, and the end comes after the reply. */
const MOST_BYTES = 1_500;

type CutAt = Extract<FaultAction, { kind: 'eof' }>['at'];
type Garbage = Extract<FaultAction, { kind: 'garbage' }>['as'];

const cut = (draw: Draw): CutAt =>
  draw.from<CutAt>([
    'before-execution',
    'before-reply',
    { byte: draw.int(0, 8) },
    { byte: draw.int(0, MOST_BYTES) },
  ]);

const MAKERS: Record<FaultKind, Maker> = {
  eof: (draw) => ({ kind: 'eof', at: cut(draw) }),
  reset: (draw) => ({ kind: 'reset', at: cut(draw) }),
  late: (draw) => ({ kind: 'late', ms: draw.ms(), execution: draw.from(['at-once', 'after']) }),
  mute: (draw) => ({ kind: 'mute', executed: draw.bool() }),
  split: (draw) => ({ kind: 'split', pauseMs: draw.int(0, 2) }),
  merge: (draw) => ({ kind: 'merge', replies: draw.int(2, 5), withinMs: Math.min(draw.ms(), 200) }),
  result: (draw, command) => ({ kind: 'result', code: draw.from(resultsFor(command)), executed: false }),
  wrongClTRID: (draw) => ({ kind: 'wrongClTRID', as: draw.from(['other', 'none', 'previous']) }),
  unsolicited: (draw) => ({
    kind: 'unsolicited',
    what: draw.from(['response', 'greeting']),
    place: draw.from(['before', 'after']),
    clTRID: draw.from(['other', 'previous']),
    afterMs: draw.from([0, Math.min(draw.ms(), 200)]),
  }),
  garbage: (draw) => ({
    kind: 'garbage',
    as: draw.from<Garbage>([
      'control-characters',
      'undeclared-prefix',
      'truncated',
      'http',
      'oversize',
      'empty',
      { body: '\u0000\u0001\u0002not EPP at all' },
    ]),
    executed: draw.bool(),
  }),
  slowRead: (draw) => ({ kind: 'slowRead', ms: draw.ms() }),
  limitCountedLate: (draw) => ({ kind: 'limitCountedLate', ms: draw.ms() }),
  idleEarly: (draw) => ({ kind: 'idleEarly', ms: draw.int(1, 10) * 100 }),
};

function resultsFor(command: string): readonly [ResultCode, ...ResultCode[]] {
  if (command === GREETING) return [2502, 2500];
  if (command === 'login') return [2502, 2500, 2400];
  return [2400, 2500, 2501, 2502, 2306];
}
