/** Structures of contacts (RFC 5733 section 2), shared by commands and responses. */
import { attribute, type Content, many, one, own, presence, record, text } from './mapping.ts';
import { attributeOf } from './xml-element.ts';

const numberAndExtension = record(attribute('x'), own('number'));
export const phone: Content = {
  ...numberAndExtension,
  // an empty element takes a number away (RFC 5733 section 3.2.5)
  read: (element) => ({ number: '', ...(numberAndExtension.read(element) as object) }),
};

export const postalInfo = record(
  attribute('type'),
  one('name'),
  one('org'),
  one('addr', record(many('street', 'streets'), one('city'), one('sp'), one('pc'), one('cc', text))),
);

/** `<name type="int"/>`: the form alone. */
const form: Content = {
  write: (value) => ({ attributes: ` type="${value === 'loc' ? 'loc' : 'int'}"`, content: '' }),
  read: (element) => attributeOf(element, 'type') ?? '',
};

/** What the registry may show or hide of a contact (RFC 5733 section 2.9). */
export const disclose = record(
  attribute('flag', 'boolean'),
  many('name', 'names', form),
  many('org', 'orgs', form),
  many('addr', 'addrs', form),
  one('voice', presence),
  one('fax', presence),
  one('email', presence),
);
