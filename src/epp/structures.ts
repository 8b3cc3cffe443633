/** Structures that several objects share (RFC 5730 to 5733). */
import {
  attribute,
  type Content,
  exactText,
  integer,
  many,
  one,
  own,
  rawInside,
  record,
  text,
} from './mapping.ts';
import { EPP_URI } from './namespaces.ts';
import { childOf, elementsOf } from './xml-element.ts';
import { tag } from './xml-write.ts';

/** `{pw, roid?}`; what a registry puts in `<ext>` is kept as XML. */
const password = record(attribute('roid'), own('pw', exactText));
export const authInfo: Content = {
  write(value, prefix) {
    const written = password.write(value, prefix);
    return { attributes: '', content: tag(`${prefix}pw`, written.attributes, written.content) };
  },
  read(element) {
    const pw = childOf(element, 'pw');
    if (pw) return { pw: '', ...(password.read(pw) as object) };
    const ext = childOf(element, 'ext');
    return ext ? { ext: rawInside.read(ext) } : {};
  },
};

/** As authInfo; `null` takes it away (RFC 5731 section 3.2.5). */
export const removableAuthInfo: Content = {
  write: (value, prefix) =>
    value === null ? { attributes: '', content: `<${prefix}null/>` } : authInfo.write(value, prefix),
  read: (element) => (elementsOf(element)[0]?.local === 'null' ? null : authInfo.read(element)),
};

export const status = record(attribute('s'), attribute('lang'), own('text'));
const ipAndAddr = record(attribute('ip'), own('addr'));
export const address: Content = {
  ...ipAndAddr,
  // v4 is the schema's default (RFC 5732 section 4): readers find `ip` always
  read: (element) => ({ ip: 'v4', ...(ipAndAddr.read(element) as object) }),
};

/** `{hostObjs: [name]}` or `{hostAttrs: [{hostName, hostAddrs}]}` (RFC 5731 section 1.1). */
export const nameServers = record(
  many('hostObj', 'hostObjs'),
  many('hostAttr', 'hostAttrs', record(one('hostName'), many('hostAddr', 'hostAddrs', address))),
);

const EPP = { uri: EPP_URI, prefix: '' };
export const transactionIds = record(one('clTRID', text, EPP), one('svTRID', text, EPP));

/** `{unit, value}` (RFC 5731 section 2.3). */
export const period = record(attribute('unit'), own('value', integer));

/** A contact of a domain. */
export const contact = record(attribute('type'), own('id'));

/** Who made and changed an object, and when. */
export const history = [one('clID'), one('crID'), one('crDate'), one('upID'), one('upDate')] as const;
