/** Registry maintenance notices (RFC 9167): answers of `maintenance:info`, and data of poll messages. */
import { attribute, beside, boolean, type Content, list, many, one, own, record } from './mapping.ts';

/** `<id name="Routine">2e6d…</id>`: `id`, with `name` and `lang` beside it. */
const id = beside('id', attribute('name'), attribute('lang'));
const described = record(attribute('lang'), own('text'));

const listItem = record(id, one('start'), one('end'), one('crDate'), one('upDate'));

const descriptionFields = record(attribute('lang'), attribute('type'), own('text'));
const description: Content = {
  ...descriptionFields,
  // "plain" is the schema's default: readers find whether it is HTML always
  read: (element) => ({ type: 'plain', ...(descriptionFields.read(element) as object) }),
};

const item = record(
  id,
  many('type', 'types', described),
  one('pollType'),
  list('systems', 'system', record(one('name'), one('host'), one('impact'))),
  one('environment', record(attribute('type'), attribute('name'), own('text'))),
  one('start'),
  one('end'),
  one('reason'),
  one('detail'),
  many('description', 'descriptions', description),
  list('tlds', 'tld'),
  one('intervention', record(one('connection', boolean), one('implementation', boolean))),
  one('crDate'),
  one('upDate'),
);

/** `{list: […]}` or `{item: {…}}`. */
export const maintenanceData = record(list('list', 'listItem', listItem), one('item', item));
