/** Any document of EPP, whoever sent it: for people who look at frames. */
import { readCommand } from './catalogue.ts';
import type { EppCommand, EppResponse } from './command.ts';
import { FrameError, FrameReader } from './frame.ts';
import { EPP_URI } from './namespaces.ts';
import { redactXml } from './redact.ts';
import type { Greeting } from './responses/greeting.ts';
import { readServerDocument } from './responses/response.ts';
import { decodeXml, parseXml, XmlError } from './xml.ts';
import { childOf, elementsOf, type XmlElement } from './xml-element.ts';

export type EppDocument =
  | ({ kind: 'command' } & EppCommand)
  | ({ kind: 'response' } & EppResponse)
  | ({ kind: 'greeting' } & Greeting);

/** Far above what any profile takes: what is looked at is a file, not a peer. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/**
 * The documents in `bytes`: bare XML, or one or more frames (RFC 5734 section 4). Throws XmlError or FrameError.
 * @param options.redact blank passwords and authInfo before anything is read
 */
export function readDocuments(bytes: Buffer, options: { redact?: boolean } = {}): EppDocument[] {
  return bodiesOf(bytes).map((body) => {
    const text = decodeXml(body);
    return readDocument(parseXml(options.redact ? redactXml(text) : text));
  });
}

/** No XML begins with a NUL, and every header of a frame below 16 MiB does. */
function bodiesOf(bytes: Buffer): Buffer[] {
  if (bytes[0] !== 0) return [bytes];
  const reader = new FrameReader(MAX_FRAME_BYTES);
  const bodies = reader.push(bytes);
  if (!reader.atBoundary) throw new FrameError('the last frame is cut off');
  return bodies;
}

function readDocument(root: XmlElement): EppDocument {
  if (root.local === 'epp' && root.uri === EPP_URI && (childOf(root, 'command') ?? childOf(root, 'hello'))) {
    const command = readCommand(root);
    if (command) return { kind: 'command', ...command };
    throw new XmlError(`${toldCommand(root)} is no command that is known here`);
  }
  const frame = readServerDocument(root);
  return frame.kind === 'greeting'
    ? { kind: 'greeting', ...frame.greeting }
    : { kind: 'response', ...frame.response };
}

function toldCommand(root: XmlElement): string {
  const verb = elementsOf(childOf(root, 'command') ?? root)[0];
  const object = verb && elementsOf(verb)[0];
  if (!verb) return 'an empty <command>';
  return object ? `<${verb.local}> of <${object.local}> in "${object.uri}"` : `<${verb.local}>`;
}
