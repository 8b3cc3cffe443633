import { checkCommand } from '../../src/epp/catalogue.ts';
import type { EppResponse } from '../../src/epp/command.ts';
import type { Exchange } from '../../src/epp/in-flight.ts';
import type { ServerFrame } from '../../src/epp/responses/response.ts';
import { CHECK, CREATE } from './session-fixture.ts';

const COMMANDS = {
  query: checkCommand(CHECK),
  transform: checkCommand(CREATE),
  hello: checkCommand({ command: 'hello', body: {} }),
};

/** A command on its way, without anybody who waits for it. */
export function exchangeOf(
  clTRID: string,
  what: keyof typeof COMMANDS = 'query',
  changes: Partial<Exchange> = {},
): Exchange {
  return {
    command: COMMANDS[what],
    clTRID: what === 'hello' ? undefined : clTRID,
    xml: `<${clTRID}/>`,
    timeoutMs: 100,
    deadlineMs: Number.POSITIVE_INFINITY,
    dueMs: Number.NaN,
    givenUp: false,
    unlisten: undefined,
    resolve: () => {},
    reject: () => {},
    ...changes,
  };
}

export const replyTo = (clTRID: string | undefined, code = 1000): ServerFrame => {
  const response: EppResponse = { results: [{ code, message: 'said' }] };
  if (clTRID !== undefined) response.clTRID = clTRID;
  return { kind: 'response', response };
};

export const GREETING_FRAME: ServerFrame = {
  kind: 'greeting',
  greeting: { svID: 'x', svDate: '', versions: ['1.0'], langs: ['en'], objURIs: [], extURIs: [] },
};
