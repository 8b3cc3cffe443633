/**
 * XML that somebody else has signed (RFC 7848, XML Signature): written byte for byte, because the signature covers it. That
 * asks for more than our tolerant reader does: what stands in our frame must be well-formed by itself.
 */
import { z } from 'zod';
import { XmlError } from '../xml.ts';
import { elementsOf, type XmlElement } from '../xml-element.ts';
import { parseXmlStrictly } from '../xml-strict.ts';
import { isXmlText } from '../xml-write.ts';

const DECLARATION = /^\ufeff?\s*<\?xml\s[^?]*\?>/;

/** The element alone, without the XML declaration of a file. */
export const signedElement = (xml: string): string => xml.replace(DECLARATION, '').trim();

/** @param local name of the element in that namespace */
export function signedXml(uri: string, local: string) {
  return z
    .string()
    .min(1)
    .max(1_000_000)
    .refine((xml) => problemOf(xml, uri, local) === undefined, {
      error: ({ input }) => problemOf(String(input), uri, local) ?? '',
    });
}

function problemOf(xml: string, uri: string, local: string): string | undefined {
  const element = signedElement(xml);
  if (/<[!?]/.test(element) || element.includes(']]>')) {
    return 'must be the element alone: no comments, instructions, DOCTYPE or CDATA';
  }
  try {
    const root = parseXmlStrictly(element);
    if (root.uri !== uri || root.local !== local) return `must be the element ${local} of ${uri}`;
    if (hasForbiddenReference(element)) return 'refers to a character that XML forbids';
    return isNamedWell(root) ? undefined : 'holds a name without namespace, or one that is not plain ASCII';
  } catch (error) {
    if (error instanceof XmlError) return error.message;
    throw error;
  }
}

function hasForbiddenReference(xml: string): boolean {
  return [...xml.matchAll(/&#(?:x([\da-f]+)|(\d+));/gi)].some(([, hexadecimal, decimal]) => {
    const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
    return code > 0x10ffff || !isXmlText(String.fromCodePoint(code));
  });
}

function isNamedWell(element: XmlElement): boolean {
  const { uri, prefix, local, attributes } = element;
  const plain = (name: string) => /^[\w.-]*$/.test(name);
  return (
    uri !== '' &&
    plain(prefix) &&
    plain(local) &&
    attributes.every((one) => plain(one.prefix) && plain(one.local)) &&
    elementsOf(element).every(isNamedWell)
  );
}
