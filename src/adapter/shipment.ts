/** One command on its way to the registry, for the one part or the several that share it, and what becomes of each. */
import { checkFor } from '../epp/checked-command.ts';
import { type EppCommand, type EppResponse, resultCode } from '../epp/command.ts';
import { CommandError, type CommandIssue } from '../epp/commands/issues.ts';
import { EppError } from '../epp/session.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { AfterAttempt, Part } from './job.ts';
import type { PooledConnection } from './pooled-connection.ts';
import { CheckAnswers, checkedNames } from './scheduler/checks.ts';
import { notOffered } from './work.ts';

export interface Shipment {
  account: string;
  /** At least one. Several are checks that share the command: each name is asked once. */
  parts: readonly Part[];
  /** All names that several ask for. */
  names: readonly string[] | undefined;
  clTRID: string;
  /** Time for the reply, in milliseconds. */
  timeoutMs: number;
  /** Monotonic milliseconds, asked when the attempt has ended. */
  nowMs: () => number;
  log: Log;
  /** A part is to be tried again. */
  again(part: Part, after: Exclude<AfterAttempt, 'settled'>): void;
  /** Parts are to be tried again, each group in a command of its own. */
  apart(groups: readonly (readonly Part[])[]): void;
}

/** Writes the command before it returns. Every part is settled, or told by `again`; never rejects. */
export async function ship(shipment: Shipment, connection: PooledConnection): Promise<void> {
  const { parts, clTRID, timeoutMs } = shipment;
  const [{ transform }] = parts as [Part];
  for (const part of parts) part.clTRID = clTRID;
  let response: EppResponse;
  try {
    // Written at once, unless a keepalive is in the way: then not after everybody's time
    const deadlineMs = Math.max(...parts.map((part) => part.deadlineMs));
    response = await connection.run(commandOf(shipment), { transform, timeoutMs, clTRID, deadlineMs });
  } catch (thrown) {
    const issues = unwritable(thrown);
    if (issues) for (const part of parts) part.refused(notOffered(shipment.account, issues));
    else onFailure(shipment, asEppError(thrown, shipment));
    return;
  }
  if (shipment.names) onSharedAnswer(shipment, response);
  else onAnswer(shipment, response);
}

/** One part's command as it is, or for the names of all. */
function commandOf({ parts, names }: Shipment): EppCommand {
  const [first, ...others] = parts as [Part, ...Part[]];
  if (!names) return first.command;
  return checkFor(
    names,
    first.command,
    others.map(({ command }) => command),
  );
}

function onAnswer({ account, parts: [part], clTRID, log }: Shipment, response: EppResponse): void {
  if (!part || part.answered(response, clTRID) || !part.transform) return;
  // The caller was told that the outcome is unknown: here is what to reconcile by
  const { svTRID } = response;
  log.warn(
    { account, clTRID, svTRID, code: resultCode(response) },
    "a transform was answered after its caller's time was over",
  );
}

/**
 * To each his own. Where the registry refuses the whole, one caller's name may be the reason: it is asked in halves, and these
 * again, until he has his refusal to himself and the others what they would have got without him. One of 32 costs 10 commands.
 */
function onSharedAnswer({ account, parts, clTRID, apart }: Shipment, response: EppResponse): void {
  if (resultCode(response) >= 2000) {
    const half = parts.length >> 1;
    apart([parts.slice(0, half), parts.slice(half)]);
    return;
  }
  const answers = new CheckAnswers(response);
  for (const part of parts) {
    const own = answers.of(checkedNames(part.command) ?? []);
    if ('response' in own) {
      part.answered(own.response, clTRID);
      continue;
    }
    part.clTRID = undefined;
    const others = own.missing.length > 3 ? ' and others' : '';
    const message = `${account}: the registry's answer to a check says nothing of ${own.missing.slice(0, 3).join(', ')}${others}`;
    part.job.fail(new EppError(message, { kind: 'protocol', outcome: 'unknown', clTRID }));
  }
}

function onFailure({ parts, nowMs, again }: Shipment, error: EppError): void {
  const now = nowMs();
  for (const part of parts) {
    const after = part.failed(error, now);
    if (after === 'settled') continue;
    // One caller's name may be what ended the connection: next time it does so to him alone
    if (parts.length > 1 && after === 'again-soon') part.apart(undefined, now);
    again(part, after);
  }
}

/** The fields that no version of an extension in this login can say: not a byte was written. */
function unwritable(thrown: unknown): readonly CommandIssue[] | undefined {
  const cause = thrown instanceof EppError && thrown.outcome === 'not-sent' ? thrown.cause : undefined;
  return cause instanceof CommandError ? cause.issues : undefined;
}

function asEppError(thrown: unknown, { account, clTRID, log }: Shipment): EppError {
  if (thrown instanceof EppError) {
    const { kind, outcome, code, frame } = thrown;
    const told = code === undefined ? {} : { code };
    return new EppError(thrown.message, { kind, outcome, clTRID, frame, cause: thrown, ...told });
  }
  // Not foreseen: whether a byte was written is not known
  const message = messageOf(thrown);
  log.error({ account, clTRID, error: message }, 'a command failed in an unforeseen way');
  return new EppError(message, { kind: 'protocol', outcome: 'unknown', clTRID, cause: thrown });
}
