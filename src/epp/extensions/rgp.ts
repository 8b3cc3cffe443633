/** Redemption and other grace periods: rgp-1.0 (RFC 3915). */
import { z } from 'zod';
import { dateTime, freeText, language } from '../fields.ts';
import { attribute, type Content, many, one, own, record } from '../mapping.ts';
import { EPP_URI } from '../namespaces.ts';
import { XmlError } from '../xml.ts';
import { elementsOf, exactTextOf } from '../xml-element.ts';
import { parseXmlStrictly } from '../xml-strict.ts';
import { escapeXml, rawContent, rawXml } from '../xml-write.ts';
import type { ExtensionDefinition } from './definition.ts';

export const RGP_URI = 'urn:ietf:params:xml:ns:rgp-1.0';

/** Free text, or XML where there are elements in it: `{xml}`. */
const xmlContent = () =>
  z
    .string()
    .min(1)
    .max(100_000)
    .refine((xml) => problemOf(xml) === undefined, { error: ({ input }) => problemOf(String(input)) ?? '' });

function problemOf(xml: string): string | undefined {
  try {
    parseInside(xml);
    return undefined;
  } catch (error) {
    if (error instanceof XmlError) return error.message;
    throw error;
  }
}

/** What stands inside one element, so that nothing can break out of it. */
const parseInside = (xml: string) => parseXmlStrictly(`<report>${xml}</report>`);

const mixed = () => z.union([freeText(), z.strictObject({ xml: xmlContent() })]);

const reportText = () =>
  z
    .strictObject({
      text: freeText().optional(),
      xml: xmlContent().optional().describe('Instead of text: what has elements in it.'),
      lang: language().optional(),
    })
    .refine(
      (value) => (value.text === undefined) !== (value.xml === undefined),
      'needs text or xml, not both',
    );

/** A restore report (RFC 3915 section 4.2.5). */
export const restoreReport = () =>
  z.strictObject({
    preData: mixed().describe('Registration data as before the deletion.'),
    postData: mixed().describe('Registration data as after the restore.'),
    delTime: dateTime().describe('When the domain was deleted.'),
    resTime: dateTime().describe('When the restore was asked for.'),
    resReason: reportText().describe('Why the domain was restored.'),
    statements: z
      .array(reportText())
      .min(1)
      .max(2)
      .describe('What the registrar affirms; most registries ask for two.'),
    other: mixed().optional(),
  });

/** `request` alone, or `report` with its report. */
export const restore = () =>
  z
    .strictObject({ op: z.enum(['request', 'report']), report: restoreReport().optional() })
    .refine((value) => (value.op === 'report') === (value.report !== undefined), {
      path: ['report'],
      message: 'belongs to op "report", and is required there',
    });

function written(xml: string): string {
  const inside = parseInside(xml).children;
  return inside
    .map((child) => (typeof child === 'string' ? escapeXml(child) : rawXml(child, EPP_URI)))
    .join('');
}

const mixedContent: Content = {
  write: (value) => ({
    attributes: '',
    content: typeof value === 'string' ? escapeXml(value) : written((value as { xml: string }).xml),
  }),
  read: (element) => (elementsOf(element).length > 0 ? { xml: rawContent(element) } : exactTextOf(element)),
};

const lang = record(attribute('lang'));
const reportTextContent: Content = {
  write(value, prefix) {
    const { text, xml } = value as { text?: string; xml?: string };
    return {
      ...lang.write(value, prefix),
      content: xml === undefined ? escapeXml(text ?? '') : written(xml),
    };
  },
  read(element) {
    const content = mixedContent.read(element);
    return {
      ...(lang.read(element) as object),
      ...(typeof content === 'string' ? { text: content } : (content as object)),
    };
  },
};

const status = record(attribute('s'), attribute('lang'), own('text'));
const statuses = record(many('rgpStatus', 'rgpStatuses', status));

export const rgp: ExtensionDefinition = {
  name: 'rgp',
  prefix: 'rgp',
  uris: [RGP_URI],
  commands: {
    'domain:update': {
      element: 'update',
      schema: z.strictObject({ restore: restore() }),
      content: record(
        one(
          'restore',
          record(
            attribute('op'),
            one(
              'report',
              record(
                one('preData', mixedContent),
                one('postData', mixedContent),
                one('delTime'),
                one('resTime'),
                one('resReason', reportTextContent),
                many('statement', 'statements', reportTextContent),
                one('other', mixedContent),
              ),
            ),
          ),
        ),
      ),
    },
  },
  responses: { infData: statuses, upData: statuses },
};
