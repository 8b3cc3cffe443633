/** Signed marks: signedMark-1.0 (RFC 7848), encoded as base64 or as XML. */
import { z } from 'zod';
import { base64 as base64Field } from '../fields.ts';
import { attribute, base64, type Field, many, own, record } from '../mapping.ts';
import { childrenOf } from '../xml-element.ts';
import { rawXml } from '../xml-write.ts';
import { signedElement, signedXml } from './signed-xml.ts';

export const SIGNED_MARK_URI = 'urn:ietf:params:xml:ns:signedMark-1.0';

export const encodedSignedMark = () =>
  z.strictObject({
    encoding: z.literal('base64').optional(),
    value: base64Field().describe('The base64 text of an SMD file, without its header and footer lines.'),
  });

export const signedMark = () =>
  signedXml(SIGNED_MARK_URI, 'signedMark').describe(
    'The element signedMark as XML; it is sent byte for byte.',
  );

export const encodedSignedMarks: Field = many(
  'encodedSignedMark',
  'encodedSignedMarks',
  record(attribute('encoding'), own('value', base64)),
  { uri: SIGNED_MARK_URI, prefix: 'smd' },
);

/** Read anew from what was parsed: for a registry that checks signatures by canonical XML. */
export const signedMarks: Field = {
  write(object, _prefix, out) {
    for (const xml of (object.signedMarks ?? []) as string[]) out.content += signedElement(xml);
  },
  read(element, into) {
    const marks = childrenOf(element, 'signedMark', SIGNED_MARK_URI);
    if (marks.length > 0) into.signedMarks = marks.map((mark) => rawXml(mark));
  },
};
