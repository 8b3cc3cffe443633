/**
 * What a registry had to say in namespaces that the login did not ask for (RFC 9038): it stands in the result's `<extValue>`,
 * and is no error.
 */
import type { UnhandledNamespace } from '../command.ts';
import { readExtension } from '../extensions/catalogue.ts';
import { childOf, elementsOf, textOf, type XmlElement } from '../xml-element.ts';
import { escapeXml, rawXml, tag } from '../xml-write.ts';
import { readData } from './data.ts';

/** The service that a login names to say that it reads such answers (RFC 9038 section 4). */
export const UNHANDLED_NAMESPACES_URI = 'urn:ietf:params:xml:ns:epp:unhandled-namespaces-1.0';

/** RFC 9038 section 3.1: the reason is the namespace's URI with these words. */
const REASON = /^(\S+) not in login services$/;

/** An `<extValue>` that tells of a namespace; undefined where it tells what was wrong with a command. */
export function readUnhandled(extValue: XmlElement): UnhandledNamespace | undefined {
  const value = childOf(extValue, 'value');
  const told = childOf(extValue, 'reason');
  const reason = told ? textOf(told) : '';
  const [element, ...others] = value ? elementsOf(value) : [];
  if (!element || others.length > 0 || REASON.exec(reason)?.[1] !== element.uri) return undefined;
  const unhandled: UnhandledNamespace = { uri: element.uri, reason };
  const data = readData(element);
  if (data) return { ...unhandled, dataType: data.type, data: data.data };
  const extension = readExtension(element);
  if (extension) return { ...unhandled, extensions: { [extension.name]: extension.value } };
  return { ...unhandled, raw: rawXml(element) };
}

/**
 * The registry's side: an element of a namespace that is not among the login's services, as it stands in `<result>`.
 * @param xml the element, with its namespace declared
 */
export function writeUnhandled(uri: string, xml: string): string {
  return tag('extValue', '', `<value>${xml}</value><reason>${escapeXml(uri)} not in login services</reason>`);
}
