/** Faults, done to a session. */
import { encodeFrame } from '../../epp/frame.ts';
import { type Answer, withCode, xmlOf } from '../answer.ts';
import type { JournalEntry, ReplyFate } from '../journal.ts';
import type { Outgoing } from '../outbox.ts';
import { garbage, isReadable, randomSizes } from './bytes.ts';
import type { FaultAction, FaultKind } from './options.ts';

/** What a fault can reach of the session and the command it befalls. */
export interface Hands {
  /** Executes the command. Undefined: the registry ended the connection without a reply. */
  execute(): Answer | undefined;
  /** What is answered where nothing is executed; the code is not yet right. */
  unexecuted(): Answer;
  /** A reply that belongs to no command, or a greeting. */
  stray(what: 'response' | 'greeting'): Answer;
  /** Goes out in its turn. With `ending`, nothing more is executed. */
  send(outgoing: Outgoing): void;
  /** As `send`, later: sends what may go at once. */
  sendAfter(ms: number, outgoing: Outgoing): void;
  pauseReading(ms: number): void;
  countLate(ms: number): void;
  shortenIdle(ms: number): void;
  /** Of the reply before. */
  previousClTRID(): string | undefined;
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
}

type Doing<K extends FaultKind> = (action: Extract<FaultAction, { kind: K }>, hands: Hands) => void;

export function doFault(action: FaultAction, hands: Hands): void {
  (DOINGS[action.kind] as Doing<FaultKind>)(action, hands);
}

/** The answer as it should be, in a frame of its own. */
export function outgoing(answer: Answer): Outgoing {
  const { entry, closes } = answer;
  const item: Outgoing = { bytes: encodeFrame(xmlOf(answer)) };
  if (closes) item.ending = 'close';
  if (entry) item.onSettled = (how) => settle(entry, how);
  return item;
}

const NOTHING = Buffer.alloc(0);

function cut({ kind, at }: Extract<FaultAction, { kind: 'eof' | 'reset' }>, hands: Hands): void {
  if (at === 'before-execution') {
    hands.send({ bytes: NOTHING, ending: kind });
    return;
  }
  const answer = hands.execute();
  if (!answer) return;
  const frame = encodeFrame(xmlOf(answer));
  const bytes = at === 'before-reply' ? NOTHING : frame.subarray(0, at.byte);
  const whole = bytes.length === frame.length;
  const { entry } = answer;
  hands.send({
    bytes,
    ending: kind,
    ...(entry ? { onSettled: (how) => settle(entry, whole ? how : 'cut') } : {}),
  });
}

/** The command is executed, and its reply goes out so. */
function executed(hands: Hands, changes: (answer: Answer) => Partial<Outgoing> = () => ({})): void {
  const answer = hands.execute();
  if (answer) hands.send({ ...outgoing(answer), ...changes(answer) });
}

const DOINGS: { [K in FaultKind]: Doing<K> } = {
  eof: cut,
  reset: cut,
  // where it is executed late, the command has waited already
  late: ({ ms, execution }, hands) => {
    const notBeforeMs = hands.nowMs() + ms;
    executed(hands, () => (execution === 'at-once' ? { notBeforeMs } : {}));
  },
  mute: ({ executed }, hands) => {
    if (executed) settle(hands.execute()?.entry, 'muted');
  },
  split: ({ sizes, pauseMs }, hands) =>
    executed(hands, (answer) => {
      const bytes = encodeFrame(xmlOf(answer));
      return { bytes, pieces: { sizes: sizes ?? randomSizes(bytes.length, hands.random), pauseMs } };
    }),
  merge: ({ replies, withinMs }, hands) => executed(hands, () => ({ hold: { frames: replies, withinMs } })),
  result: ({ code, executed, closes }, hands) => {
    const answer = executed ? hands.execute() : hands.unexecuted();
    if (!answer) return;
    if (answer.entry) answer.entry.told = code;
    hands.send(outgoing(withCode(answer, code, closes)));
  },
  wrongClTRID: ({ as }, hands) => {
    const clTRID = clTRIDs(as, hands);
    const answer = hands.execute();
    if (answer) hands.send(outgoing({ ...answer, clTRID }));
  },
  unsolicited: ({ what, place, clTRID, afterMs }, hands) => {
    const stray = outgoing({ ...hands.stray(what), clTRID: clTRIDs(clTRID, hands) });
    if (place === 'before') hands.send(stray);
    executed(hands);
    if (place === 'after') hands.sendAfter(afterMs, stray);
  },
  garbage: ({ as, executed }, hands) => {
    const answer = executed ? hands.execute() : hands.unexecuted();
    if (!answer) return;
    const { entry } = answer;
    const item = { ...outgoing(answer), bytes: garbage(as, xmlOf(answer)) };
    if (entry && !isReadable(as)) item.onSettled = () => settle(entry, 'cut');
    hands.send(item);
  },
  slowRead: ({ ms }, hands) => {
    hands.pauseReading(ms);
    executed(hands);
  },
  limitCountedLate: ({ ms }, hands) => {
    hands.countLate(ms);
    executed(hands);
  },
  idleEarly: ({ ms }, hands) => {
    hands.shortenIdle(ms);
    executed(hands);
  },
};

/** A reply that was kept back stays so, whatever becomes of the connection. */
function settle(entry: JournalEntry | undefined, how: ReplyFate): void {
  if (entry) entry.replied = how;
}

function clTRIDs(as: 'other' | 'none' | 'previous', hands: Hands): string | undefined {
  if (as === 'none') return undefined;
  const previous = as === 'previous' ? hands.previousClTRID() : undefined;
  return previous ?? `NOT-YOURS-${Math.floor(hands.random() * 1e9)}`;
}
