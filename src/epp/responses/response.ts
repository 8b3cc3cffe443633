/** Reading what a registry sends (RFC 5730 sections 2.4 and 2.6). */
import type { EppResponse, EppResult, UnhandledNamespace } from '../command.ts';
import { readResponseExtensions } from '../extensions/catalogue.ts';
import { EPP_URI } from '../namespaces.ts';
import { decodeXml, parseXml, XmlError } from '../xml.ts';
import { attributeOf, childOf, childrenOf, textOf, type XmlElement } from '../xml-element.ts';
import { rawContent, rawXml } from '../xml-write.ts';
import { readAllData } from './data.ts';
import { type Greeting, readGreeting } from './greeting.ts';
import { readUnhandled } from './unhandled.ts';

export type ServerFrame =
  | { kind: 'greeting'; greeting: Greeting }
  | { kind: 'response'; response: EppResponse };

/** The body of a frame from a registry. Throws XmlError and nothing else. */
export function readServerFrame(body: Uint8Array): ServerFrame {
  return readServerDocument(parseXml(decodeXml(body)));
}

export function readServerDocument(root: XmlElement): ServerFrame {
  if (root.local !== 'epp' || root.uri !== EPP_URI) {
    throw new XmlError(`the root element is <${root.local}> in "${root.uri}", not <epp> in "${EPP_URI}"`);
  }
  const greeting = childOf(root, 'greeting');
  if (greeting) return { kind: 'greeting', greeting: readGreeting(greeting) };
  const response = childOf(root, 'response');
  if (response) return { kind: 'response', response: readResponse(response) };
  throw new XmlError('<epp> holds neither a greeting nor a response');
}

function readResponse(element: XmlElement): EppResponse {
  const unhandled: UnhandledNamespace[] = [];
  const results = childrenOf(element, 'result').map((result) => readResult(result, unhandled));
  if (results.length === 0) throw new XmlError('the response has no result');
  const response: EppResponse = { results };
  if (unhandled.length > 0) response.unhandled = unhandled;

  const trID = childOf(element, 'trID');
  const clTRID = trID && childOf(trID, 'clTRID');
  const svTRID = trID && childOf(trID, 'svTRID');
  if (clTRID) response.clTRID = textOf(clTRID);
  if (svTRID) response.svTRID = textOf(svTRID);

  const msgQ = childOf(element, 'msgQ');
  if (msgQ) response.messageQueue = readMessageQueue(msgQ);

  const resData = childOf(element, 'resData');
  if (resData) {
    const { known, raw } = readAllData(resData);
    if (known) {
      response.data = known.data;
      response.dataType = known.type;
    }
    if (raw.length > 0) response.rawData = raw.map((child) => rawXml(child));
  }

  const extension = childOf(element, 'extension');
  if (extension && extension.children.length > 0) response.extensions = readResponseExtensions(extension);
  return response;
}

/** @param unhandled gets what the result says of unhandled namespaces */
function readResult(element: XmlElement, unhandled: UnhandledNamespace[]): EppResult {
  const code = Number(attributeOf(element, 'code')?.trim());
  if (!Number.isInteger(code) || code < 1000 || code > 9999)
    throw new XmlError('a result has no four-digit code');
  const msg = childOf(element, 'msg');
  const result: EppResult = { code, message: msg ? textOf(msg) : '' };
  const lang = msg && attributeOf(msg, 'lang');
  if (lang) result.lang = lang;
  const values = childrenOf(element, 'value').map(rawContent);
  if (values.length > 0) result.values = values;
  const extValues = childrenOf(element, 'extValue').flatMap((extValue) => {
    const namespace = readUnhandled(extValue);
    if (namespace) {
      unhandled.push(namespace);
      return [];
    }
    const value = childOf(extValue, 'value');
    const reason = childOf(extValue, 'reason');
    return { value: value ? rawContent(value) : '', reason: reason ? textOf(reason) : '' };
  });
  if (extValues.length > 0) result.extValues = extValues;
  return result;
}

function readMessageQueue(element: XmlElement): NonNullable<EppResponse['messageQueue']> {
  const date = childOf(element, 'qDate');
  const msg = childOf(element, 'msg');
  const count = Number(attributeOf(element, 'count'));
  return {
    count: Number.isSafeInteger(count) && count >= 0 ? count : 0,
    id: attributeOf(element, 'id')?.trim() ?? '',
    ...(date ? { date: textOf(date) } : {}),
    ...(msg ? { message: textOf(msg) } : {}),
  };
}
