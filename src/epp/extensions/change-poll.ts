/** Changes that the registry made, in poll messages: changePoll-1.0 (RFC 8590). The object stands in the message's data. */
import { attribute, type Content, one, own, record } from '../mapping.ts';
import type { ExtensionDefinition } from './definition.ts';

export const CHANGE_POLL_URI = 'urn:ietf:params:xml:ns:changePoll-1.0';

const changeData = record(
  attribute('state'),
  one('operation', record(attribute('op'), own('value'))),
  one('date'),
  one('svTRID'),
  one('who'),
  one('caseId', record(attribute('type'), attribute('name'), own('value'))),
  one('reason'),
);

/** `state` is the object's: `before` or `after` the change. */
const withState: Content = {
  ...changeData,
  // "after" is the schema's default: readers find `state` always
  read: (element) => ({ state: 'after', ...(changeData.read(element) as object) }),
};

export const changePoll: ExtensionDefinition = {
  name: 'changePoll',
  prefix: 'changePoll',
  uris: [CHANGE_POLL_URI],
  commands: {},
  responses: { changeData: withState },
};
