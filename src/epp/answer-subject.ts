/** Whether an answer speaks of what was asked about: what a clTRID says can be wrong, where a registry mixes up its answers. Pure. */
import type { EppCommand, EppResponse } from './command.ts';

/**
 * False where the answer names objects, and none of those in the command. Names beyond ASCII are not compared, A-labels neither: registries write
 * them in one form or the other.
 */
export function maySpeakOf(command: Pick<EppCommand, 'body'>, { data }: Pick<EppResponse, 'data'>): boolean {
  if (!data) return true;
  const { body } = command;
  const wanted = (body.names ?? body.ids ?? [idOf(body)]) as unknown[];
  const named = Array.isArray(data.cd) ? data.cd : [data];
  // Nearly always: in the order of the command, as it was written
  if (wanted[0] === idOf(named[0])) return true;
  const asked = namesIn(wanted);
  const told = namesIn(named.map(idOf));
  if (!asked || !told) return true;
  return told.some((name) => asked.includes(name));
}

function idOf(object: unknown): unknown {
  const { name, id } = (object ?? {}) as { name?: unknown; id?: unknown };
  return name ?? id;
}

/** In lower case; undefined where something among them is no name, or none that can be compared. */
function namesIn(values: readonly unknown[]): string[] | undefined {
  if (values.length === 0) return undefined;
  const names: string[] = [];
  for (const value of values) {
    if (typeof value !== 'string' || !COMPARABLE.test(value)) return undefined;
    const name = value.toLowerCase();
    if (name.includes('xn--')) return undefined;
    names.push(name);
  }
  return names;
}

const COMPARABLE = /^[\0-\x7f]+$/;
