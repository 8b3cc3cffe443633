/** Names, addresses and numbers that several kinds share. Every message says what a right one looks like. */
import { z } from 'zod';
import { portableRegex } from './portable-regex.ts';
import { matching } from './rule.ts';

/** A DNS label (RFC 1123). */
const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const NAME = `${LABEL}([.]${LABEL})*`;

/** The name of an object: a secret, a registry … */
export const OBJECT_NAME_PATTERN = NAME;
export const objectName = () =>
  matching(
    z.string().min(1).max(253),
    NAME,
    'must be the name of an object: lower-case letters, digits, hyphens and dots',
  );

/** Longest name of an object that others are named after: leaves room for a suffix of eleven characters in a DNS label. */
export const OWNER_NAME_LENGTH = 52;
export const OWNER_NAME_PATTERN = `[a-z]([-a-z0-9]{0,${OWNER_NAME_LENGTH - 2}}[a-z0-9])?`;

/** A reference to an EppRegistry. */
export const registryName = () =>
  matching(
    z.string().min(1).max(OWNER_NAME_LENGTH),
    OWNER_NAME_PATTERN,
    'must be the name of an EppRegistry: lower-case letters, digits and inner hyphens, starting with a letter',
  );

/** A TLD as it stands in domain names, without the leading dot; with more labels where a registry registers below them (`com.cn`). */
export const tld = () =>
  // A pattern, not a rule: thousands of TLDs in a list would be beyond the API server's budget for CEL.
  z
    .string()
    .min(1)
    .max(253)
    .regex(portableRegex(`^(${NAME})$`), {
      error: 'must be a TLD in lower case without a leading dot, such as com or xn--fiqs8s',
    });

const ANY_LABEL = '[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?';
// The last label starts with a letter, else URL parsers take the whole for an IPv4 address.
const HOST_NAME = `(${ANY_LABEL}[.])*[a-zA-Z]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?`;
const OCTET = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const IPV4 = `${OCTET}([.]${OCTET}){3}`;
const H = '[0-9a-fA-F]{1,4}';
const IPV6 = [
  `(${H}:){7}${H}`,
  ...[1, 2, 3, 4, 5, 6].map((right) => `(${H}:){1,${7 - right}}(:${H}){1,${right}}`),
  `(${H}:){1,7}:`,
  `:((:${H}){1,7}|:)`,
].join('|');

export const HOST_PATTERN = `${HOST_NAME}|${IPV4}|${IPV6}`;
export const host = () =>
  matching(
    z.string().min(1).max(253),
    HOST_PATTERN,
    'must be a host name or an IP address, without port or scheme',
  );

export const serverName = () =>
  matching(z.string().min(1).max(253), HOST_NAME, 'must be a host name, such as epp.example');

const PORT = '(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})';
/** No user information: a password in a URL would be readable by everyone who may read the object. */
export const WEB_URL_PATTERN = `https?://(${HOST_NAME}|${IPV4}|\\[(${IPV6})\\])(:${PORT})?([/?][!-~]*)?`;
export const webUrl = () =>
  matching(
    z.string().min(1).max(2048),
    WEB_URL_PATTERN,
    'must be a URL such as https://host.example/path, without user name and password',
  );

const QUALIFIED = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
/** The key of a label, an annotation or a taint: an optional DNS prefix and a name. */
export const LABEL_KEY_PATTERN = `(${NAME}/)?${QUALIFIED}`;
export const labelValue = () =>
  matching(
    z.string().max(63),
    `(${QUALIFIED})?`,
    'must be a label value: at most 63 letters, digits, hyphens, underscores and dots',
  );

/** Of an object or an extension of EPP, as greetings list them. */
export const serviceUri = () =>
  z.string().min(3).max(255).regex(portableRegex('^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$'), {
    error: 'must be a URI such as urn:ietf:params:xml:ns:secDNS-1.1',
  });

export const count = () => z.int().min(0);
export const percent = () => z.int().min(0).max(100);
