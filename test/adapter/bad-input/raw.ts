/** `POST /{tld}/raw`: XML that is no command, or one that is the session's own. */
import { type Bad, bad } from './case.ts';

const EPP = 'urn:ietf:params:xml:ns:epp-1.0';
const DOMAIN = 'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"';
const INFO = `<info><domain:info ${DOMAIN}><domain:name>a.com</domain:name></domain:info></info>`;
const DELETE = `<delete><domain:delete ${DOMAIN}><domain:name>a.com</domain:name></domain:delete></delete>`;
const document = (inside: string) => `<?xml version="1.0"?><epp xmlns="${EPP}">${inside}</epp>`;

/** As JSON, and the same as it is. */
const xml = (text: string, says: string): Bad[] => [
  bad('/com/raw', { xml: text }, 'xml', says),
  bad('/com/raw', text, 'body', says, { headers: { 'content-type': 'application/xml' } }),
];
const BOMB = `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>${document('<command><info>&b;</info></command>')}`;

export const raws: readonly Bad[] = [
  bad('/com/raw', {}, 'xml', 'is missing'),
  bad('/com/raw', { xml: 7 }, 'xml', 'must be a string'),
  bad('/com/raw', { xml: '' }, 'xml', 'at least 1 character'),
  bad('/com/raw', { xml: INFO, clTRID: 'ABC-1' }, 'clTRID', 'is not known here'),
  bad('/com/raw', { xml: INFO, extensions: { raw: [] } }, 'extensions', 'is not known here'),
  bad('/com/raw', { xml: INFO, transform: 'yes' }, 'transform', 'must be true or false'),
  bad(
    '/com/raw',
    { xml: DELETE, transform: false },
    'transform',
    'must not be false: delete changes something',
  ),
  bad('/com/raw', [INFO], 'body', 'must be a JSON object with the field xml'),
  bad('/com/raw', INFO, 'body', 'must be valid JSON', { code: 'bad-json' }),
  bad('/com/raw', '', 'body', 'at least 1 character', { headers: { 'content-type': 'application/xml' } }),
  ...xml('check a.com', 'a start tag was expected'),
  ...xml('<info', 'ends inside the tag <info'),
  ...xml('<info></check>', '<info> is closed by another tag'),
  ...xml(document(''), 'must hold one <command>'),
  ...xml(document('<hello/>'), 'must hold one <command>'),
  ...xml(document('<greeting/>'), 'must hold one <command>'),
  ...xml(document(`<command>${INFO}</command><command>${DELETE}</command>`), 'and nothing else'),
  ...xml(document('<command/>'), '<command> is empty'),
  ...xml(document('<command><clTRID>ABC-1</clTRID></command>'), '<command> is empty'),
  ...xml(
    document('<command><login><clID>acme</clID><pw>transfer-secret</pw></login></command>'),
    '<login> is none of check, info',
  ),
  ...xml(document('<command><logout/></command>'), '<logout> is none of'),
  ...xml('<logout/>', '<logout> is none of'),
  ...xml('<login/>', '<login> is none of'),
  ...xml('<hello/>', '<hello> is none of'),
  ...xml(document(`<command>${INFO}${DELETE}</command>`), '<delete> stands where only one <extension> may'),
  ...xml(document(`<command>${INFO}<extension/><extension/></command>`), '<extension> stands where'),
  ...xml(document(`<command>${INFO}text</command>`), 'text stands between'),
  ...xml(document('<command><info/></command>'), '<info> must hold one element of an object'),
  ...xml(document('<command><info><name>a.com</name></info></command>'), 'in the namespace of its object'),
  ...xml(document('<command><poll op="req"><x xmlns="urn:x"/></poll></command>'), '<poll> holds no element'),
  ...xml('<html><body/></html>', 'is none of'),
  ...xml('<command xmlns="urn:x"/>', `is not in the namespace ${EPP}`),
  ...xml(document(`<command>${INFO}<x xmlns="urn:x"/></command>`), `is not in the namespace ${EPP}`),
  ...xml(`<!DOCTYPE epp>${document(`<command>${INFO}</command>`)}`, 'DOCTYPE'),
  ...xml(BOMB, 'DOCTYPE'),
  ...xml(
    document(`<command>${INFO.replace('a.com', '&xxe;')}</command>`),
    'an entity beyond the five of XML',
  ),
  ...xml(
    document(`<command>${INFO.replace('a.com', 'a\u0001.com')}</command>`),
    'a character that XML forbids',
  ),
  ...xml(document(`<command>${INFO.replace(DOMAIN, '')}</command>`), 'is not declared'),
  ...xml(
    document(`<command><info>${'<a xmlns="urn:x">'.repeat(100)}${'</a>'.repeat(100)}</info></command>`),
    'more than 64 elements are nested',
  ),
  ...xml(
    document(
      `<command><info><a xmlns="urn:x" ${Array.from({ length: 101 }, (_, i) => `a${i}=""`).join(' ')}/></info></command>`,
    ),
    'attributes',
  ),
  ...xml(
    document(`<command><info><a xmlns="urn:x" b="1" b="2"/></info></command>`),
    'the attribute b of <a> is repeated',
  ),
];
