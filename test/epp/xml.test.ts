import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { decodeXml, parseXml, XmlError } from '../../src/epp/xml.ts';
import { attributeOf, childOf, childrenOf, textOf, type XmlElement } from '../../src/epp/xml-element.ts';
import { escapeXml, rawContent, rawXml, tag } from '../../src/epp/xml-write.ts';
import { xmlCorpus } from './documents.ts';

/** An element without its namespace prefixes: what counts. */
function meaning(element: XmlElement): unknown {
  return {
    name: `{${element.uri}}${element.local}`,
    attributes: element.attributes
      .filter(({ uri }) => uri !== 'http://www.w3.org/2000/xmlns/')
      .map(({ uri, local, value }) => `{${uri}}${local}=${value}`)
      .sort(),
    children: element.children.map((child) => (typeof child === 'string' ? child : meaning(child))),
  };
}

const qualified = (prefix: string, local: string) => (prefix === '' ? local : `${prefix}:${local}`);

/** Names as written, attributes and text, in the form in which two parsers can be compared. */
function plain(element: XmlElement): unknown {
  return [
    qualified(element.prefix, element.local),
    Object.fromEntries(
      element.attributes.map(({ prefix, local, value }) => [qualified(prefix, local), value]),
    ),
    element.children.map((child) => (typeof child === 'string' ? child : plain(child))),
  ];
}

type OtherNode = Record<string, unknown>;
function otherPlain(node: OtherNode): unknown {
  const name = Object.keys(node).find((key) => key !== ':@') as string;
  const children: unknown[] = [];
  for (const child of node[name] as OtherNode[]) {
    const text = child['#text'];
    if (typeof text !== 'string') children.push(otherPlain(child));
    else if (typeof children.at(-1) === 'string') children.push(`${children.pop()}${text}`);
    else children.push(text);
  }
  return [name, node[':@'] ?? {}, children];
}

describe('parseXml', () => {
  it('resolves names by namespace, not by prefix', () => {
    const root = parseXml(
      '<a xmlns="urn:1" xmlns:p="urn:2"><p:b x="1" p:x="2"/><b xmlns="urn:3"/><c xmlns=""/></a>',
    );
    expect(root.uri).toBe('urn:1');
    expect(childOf(root, 'b', 'urn:2')?.prefix).toBe('p');
    expect(childOf(root, 'b', 'urn:3')).toBeDefined();
    expect(childOf(root, 'b')).toBeUndefined();
    expect(childOf(root, 'c', '')).toBeDefined();
    const b = childOf(root, 'b', 'urn:2') as XmlElement;
    expect(attributeOf(b, 'x')).toBe('1');
    expect(b.attributes.map(({ uri, value }) => [uri, value])).toEqual([
      ['', '1'],
      ['urn:2', '2'],
    ]);
  });

  it('decodes the five entities, character references and CDATA, and drops comments and instructions', () => {
    const root = parseXml(
      '\ufeff<?xml version="1.0"?><!-- x --><a b="&lt;&#65;&quot;">&amp;&apos;&gt;<![CDATA[<&]]>&#x1F600;<!-- y --><?z z?>é</a><!-- end -->\n',
    );
    expect(textOf(root)).toBe("&'><&😀é");
    expect(root.children).toHaveLength(1);
    expect(attributeOf(root, 'b')).toBe('<A"');
  });

  it('collapses the spaces of a token, and keeps text in nested elements', () => {
    expect(textOf(parseXml('<msg>\n  Credit  balance\tlow. <bal>5</bal>\r\n</msg>'))).toBe(
      'Credit balance low. 5',
    );
  });

  it.each(['AT&T', '&eacute;', '&', '&;', '&&', '&#;', '&#x;', '&#xg;', '& lt;', '&toString;', 'a&b;c'])(
    'leaves %j as it is written, and expands nothing',
    (text) => {
      const root = parseXml(`<a b="${text}">${text}</a>`);
      expect([root.children.join(''), attributeOf(root, 'b')]).toEqual([text, text]);
      expect(parseXml(rawXml(root)).children).toEqual([text]);
    },
  );

  it('tolerates an undeclared prefix and forbidden control characters', () => {
    const root = parseXml('<a><q:b>\u0001\u001f&#0;&#xFFFF;&#xD800;</q:b></a>');
    expect(root.children).toMatchObject([{ uri: '', prefix: 'q', local: 'b' }]);
    expect(textOf(root)).toBe('\ufffd'.repeat(5));
  });

  it.each([
    ['', /empty/],
    ['   ', /empty/],
    ['text', /start tag/],
    ['<a>', /ends inside <a>/],
    ['<a', /ends inside the tag/],
    ['<a b', /no value/],
    ['<a b=1/>', /not quoted/],
    ['<a b="1/>', /does not end/],
    ['<a b="1"c="2"/>', /space is missing/],
    ['<a b="1" b="2"/>', /repeated/],
    ['<a b="<"/>', /"<" stands/],
    ['<a></b>', /closed by another/],
    ['<a></ab>', /closed by another/],
    ['<a><b></a></b>', /closed by another/],
    ['<a/><b/>', /after the root/],
    ['<a/>x', /after the root/],
    ['<1/>', /name/],
    ['<:a/>', /name/],
    ['<a:/>', /name/],
    ['<a/ >', /does not end/],
    ['<a><!-- </a>', /comment/],
    ['<a><![CDATA[ </a>', /CDATA/],
    ['<a><?x </a>', /instruction/],
    ['<!DOCTYPE a><a/>', /DOCTYPE/],
    ['<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', /DOCTYPE/],
    ['<a><!ELEMENT b ANY></a>', /DOCTYPE/],
  ])('refuses %j', (source, cause) => {
    expect(() => parseXml(source)).toThrow(XmlError);
    expect(() => parseXml(source)).toThrow(cause);
  });

  it('bounds depth, elements and attributes', () => {
    const limits = { maxDepth: 3, maxElements: 5, maxAttributes: 2 };
    expect(() => parseXml('<a><a><a/></a></a>', limits)).not.toThrow();
    expect(() => parseXml('<a><a><a><a/></a></a></a>', limits)).toThrow(/nested/);
    expect(() => parseXml('<a><b/><b/><b/><b/></a>', limits)).not.toThrow();
    expect(() => parseXml('<a><b/><b/><b/><b/><b/></a>', limits)).toThrow(/more than 5 elements/);
    expect(() => parseXml('<a b="" c="" d=""/>', limits)).toThrow(/too many attributes/);
    expect(() => parseXml('<a>'.repeat(100_000))).toThrow(/nested/);
  });

  it('reads what another parser reads', () => {
    const other = new XMLParser({
      preserveOrder: true,
      ignoreAttributes: false,
      attributeNamePrefix: '',
      parseTagValue: false,
      parseAttributeValue: false,
      trimValues: false,
      htmlEntities: true,
      ignoreDeclaration: true,
      ignorePiTags: true,
    });
    for (const source of xmlCorpus) {
      const theirs = (other.parse(source) as OtherNode[]).filter((node) => !('#text' in node));
      expect([plain(parseXml(source))]).toEqual(theirs.map(otherPlain));
    }
  });

  it('never throws anything but XmlError, whatever bytes are changed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...xmlCorpus),
        fc.array(fc.tuple(fc.nat(5000), fc.nat(3), fc.uint8Array({ maxLength: 6 })), {
          minLength: 1,
          maxLength: 8,
        }),
        (source, changes) => {
          let bytes = Buffer.from(source);
          for (const [at, removed, inserted] of changes) {
            const place = at % (bytes.length + 1);
            bytes = Buffer.concat([bytes.subarray(0, place), inserted, bytes.subarray(place + removed)]);
          }
          try {
            const root = parseXml(decodeXml(bytes));
            // what can be read can be written, and means the same
            expect(meaning(parseXml(rawXml(root)))).toEqual(meaning(root));
          } catch (error) {
            if (!(error instanceof XmlError)) throw error;
          }
        },
      ),
      { numRuns: 1500 },
    );
  });
});

describe('decodeXml', () => {
  it.each([
    ['UTF-8 without a word', Buffer.from('<a>é</a>')],
    ['UTF-8 with a BOM', Buffer.from('\ufeff<a>é</a>')],
    ['declared UTF-8', Buffer.from('<?xml version="1.0" encoding="UTF-8"?><a>é</a>')],
    ['UTF-16 little endian', Buffer.from('\ufeff<?xml version="1.0" encoding="UTF-16"?><a>é</a>', 'utf16le')],
    ['UTF-16 big endian', Buffer.from('\ufeff<a>é</a>', 'utf16le').swap16()],
    ['ISO-8859-1', Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', 'latin1')],
  ])('reads %s', (_, bytes) => {
    expect(textOf(parseXml(decodeXml(bytes)))).toBe('é');
  });

  it('names an encoding that it cannot read', () => {
    expect(() => decodeXml(Buffer.from("<?xml version='1.0' encoding='EBCDIC-XY'?><a/>"))).toThrow(
      /ebcdic-xy/,
    );
  });
});

describe('rawXml', () => {
  it('takes the declarations along that an element needs to stand alone, and no others', () => {
    const root = parseXml(
      '<e xmlns="urn:e" xmlns:x="urn:x" xmlns:y="urn:y" xmlns:z="urn:z"><x:a y:k="1"><b/><c xmlns="">t &amp; u</c></x:a></e>',
    );
    const [a] = root.children as [XmlElement];
    expect(rawXml(a)).toBe(
      '<x:a y:k="1" xmlns:x="urn:x" xmlns:y="urn:y"><b xmlns="urn:e"/><c>t &amp; u</c></x:a>',
    );
    expect(meaning(parseXml(rawXml(a)))).toEqual(meaning(a));
    expect(rawContent(root)).toBe(rawXml(a));
  });

  it('keeps elements without namespace so in a place that has a default one', () => {
    expect(rawXml(parseXml('<x:a xmlns:x="urn:x"><b/></x:a>'), 'urn:epp')).toBe(
      '<x:a xmlns:x="urn:x"><b xmlns=""/></x:a>',
    );
  });

  it('keeps two prefixes apart that change their meaning on the way down', () => {
    const root = parseXml('<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2" p:c=""/><p:d/></p:a>');
    expect(meaning(parseXml(rawXml(root)))).toEqual(meaning(root));
  });
});

describe('writing', () => {
  it('escapes what would be markup, and what is read back is what was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (content, value) => {
        const clean = (text: string) => text.replaceAll(/[\r\n\t]/g, ' ');
        const written = tag('a', ` b="${escapeXml(clean(value))}"`, escapeXml(clean(content)));
        const root = parseXml(written);
        expect(root.children.join('')).toBe(clean(content));
        expect(attributeOf(root, 'b')).toBe(clean(value));
      }),
    );
  });

  it.each(['\u0000', 'a\u0008', '\u001f', '\ufffe', '\ud800', 'x\udc00y'])('refuses %j', (text) => {
    expect(() => escapeXml(text)).toThrow(RangeError);
  });

  it('lists children by name', () => {
    const root = parseXml('<a><b>1</b><c/><b>2</b></a>');
    expect(childrenOf(root, 'b').map(textOf)).toEqual(['1', '2']);
  });
});
