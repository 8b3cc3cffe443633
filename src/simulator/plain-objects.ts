/** Hosts and contacts (RFC 5732, RFC 5733), kept as they were created. */
import { writeData } from '../epp/responses/data.ts';
import type { Handler } from './registry.ts';
import type { Collection, PlainRecord, RegistryStore } from './store.ts';

type PlainObject = 'host' | 'contact';

const keyOf = (object: PlainObject): 'id' | 'name' => (object === 'contact' ? 'id' : 'name');
const allOf = (store: RegistryStore, object: PlainObject): Collection<PlainRecord> =>
  object === 'contact' ? store.contacts : store.hosts;

export function check(object: PlainObject): Handler {
  const key = keyOf(object);
  return ({ registry, body }) => {
    const ids = body[`${key}s`] as string[];
    if (ids.length > registry.maxCheckNames) {
      return { code: 2306, reason: `at most ${registry.maxCheckNames} in one check` };
    }
    const all = allOf(registry.store, object);
    const cd = ids.map((id) =>
      all.has(id.toLowerCase()) ? { [key]: id, avail: false, reason: 'In use' } : { [key]: id, avail: true },
    );
    return { code: 1000, resData: writeData(object, 'chkData', { cd }) };
  };
}

export function create(object: PlainObject): Handler {
  const key = keyOf(object);
  return ({ registry, clientId, body }) => {
    const all = allOf(registry.store, object);
    const id = String(body[key]);
    if (all.has(id.toLowerCase())) return { code: 2302 };
    const createdAt = registry.now();
    all.set(id.toLowerCase(), { roid: registry.newRoid(), sponsor: clientId, createdAt, body });
    const data = { [key]: id, crDate: createdAt.toISOString() };
    return { code: 1000, resData: writeData(object, 'creData', data) };
  };
}

export function info(object: PlainObject): Handler {
  return ({ registry, clientId, body }) => {
    const record = allOf(registry.store, object).get(String(body[keyOf(object)]).toLowerCase());
    if (!record) return { code: 2303 };
    const { authInfo, ...visible } = record.body;
    const data = {
      ...visible,
      roid: record.roid,
      statuses: [{ s: 'ok' }],
      clID: record.sponsor,
      crID: record.sponsor,
      crDate: record.createdAt.toISOString(),
      ...(authInfo !== undefined && record.sponsor === clientId ? { authInfo } : {}),
    };
    return { code: 1000, resData: writeData(object, 'infData', data) };
  };
}

export function remove(object: PlainObject): Handler {
  return ({ registry, clientId, body }) => {
    const all = allOf(registry.store, object);
    const key = String(body[keyOf(object)]).toLowerCase();
    const record = all.get(key);
    if (!record) return { code: 2303 };
    if (record.sponsor !== clientId) return { code: 2201 };
    all.delete(key);
    return { code: 1000 };
  };
}
