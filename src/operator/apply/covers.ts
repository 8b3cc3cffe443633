import { quantityMicros } from '../../api/schema/quantity.ts';

/**
 * Lists whose items are merged one by one, so that others may add theirs. All other lists are replaced as a whole
 * (`x-kubernetes-list-type` of the kinds that we write).
 */
const MERGED_LISTS = new Set([
  'conditions',
  'containers',
  'env',
  'finalizers',
  'imagePullSecrets',
  'ownerReferences',
  'ports',
  'topologySpreadConstraints',
  'volumeMounts',
  'volumes',
]);
/** Maps that are replaced as a whole: one key more is another meaning. */
const ATOMIC_MAPS = new Set(['matchLabels', 'nodeSelector', 'roleRef', 'selector']);
/** Maps of amounts: the API rewrites `1000m` to `1`. */
const QUANTITY_MAPS = new Set(['requests', 'limits']);

/**
 * True when the live object has everything that the intent says, whatever else it has: fields that the API fills in and that
 * others own are not looked at. So a steady cluster is never written to, also not by an operator that has just started.
 */
export function covers(intent: unknown, live: unknown): boolean {
  return coversField('', intent, live);
}

function coversField(name: string, intent: unknown, live: unknown): boolean {
  // The API leaves out what is empty.
  if (live === undefined || live === null) return isEmpty(intent);
  if (Array.isArray(intent)) return Array.isArray(live) && coversList(name, intent, live);
  if (isRecord(intent)) return isRecord(live) && coversMap(name, intent, live);
  return intent === live;
}

function coversList(name: string, intent: readonly unknown[], live: readonly unknown[]): boolean {
  if (MERGED_LISTS.has(name) && !isOfPolicy(name, intent)) {
    return intent.every((item) => live.some((candidate) => coversField('', item, candidate)));
  }
  return intent.length === live.length && intent.every((item, index) => coversField('', item, live[index]));
}

/** Ports of a NetworkPolicy have no names and are replaced as a whole: one more lets somebody in. */
function isOfPolicy(name: string, items: readonly unknown[]): boolean {
  return name === 'ports' && items.every((item) => isRecord(item) && item.name === undefined);
}

function coversMap(name: string, intent: Record<string, unknown>, live: Record<string, unknown>): boolean {
  if (QUANTITY_MAPS.has(name)) {
    return Object.entries(intent).every(([key, amount]) => sameQuantity(amount, live[key]));
  }
  if (ATOMIC_MAPS.has(name) && Object.keys(intent).length !== Object.keys(live).length) return false;
  return Object.entries(intent).every(([key, value]) => coversField(key, value, live[key]));
}

function sameQuantity(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const [left, right] = [quantityMicros(String(a)), quantityMicros(String(b))];
  return left !== undefined && left === right;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
