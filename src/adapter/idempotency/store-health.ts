/**
 * What makes a store forget keys before their time: a key that is forgotten does not keep its request from being run again. Pure.
 */

/** Label of the metric; the words are for the log. */
export const WEAKNESSES = {
  memory: 'keys are in the memory of this process: another adapter, or this one after a restart, knows none',
  'no-append-only-file': 'appendonly is off: what was written last is lost when the server ends',
  'late-fsync': 'appendfsync is not always: what was written last is lost when its machine ends',
  eviction: 'maxmemory-policy is not noeviction: keys go when there is no room',
  'asynchronous-replicas':
    'replicas are told later: a failover forgets what the new primary had not heard of',
  unknown: 'the server does not let this client see how it keeps what it is told',
} as const;

export type Weakness = keyof typeof WEAKNESSES;

/** Who wants to know how the store is. */
export interface StoreWatch {
  reachable(there: boolean): void;
  /** All that there is; none: an empty list. */
  weak(weaknesses: readonly Weakness[]): void;
}

/** What the server says of itself; undefined where it does not let this client look. */
export interface ServerSays {
  /** The text of INFO. */
  info: string | undefined;
  /** Of CONFIG GET: `always`, `everysec` or `no`. */
  appendfsync: string | undefined;
}

export function weaknessesOf({ info, appendfsync }: ServerSays): Weakness[] {
  const value = (name: string) => info?.match(new RegExp(`^${name}:(.*?)\r?$`, 'm'))?.[1];
  const weak: Weakness[] = [];
  const appends = value('aof_enabled');
  if (appends === '0') weak.push('no-append-only-file');
  else if (appends !== undefined && appendfsync !== undefined && appendfsync !== 'always')
    weak.push('late-fsync');
  const policy = value('maxmemory_policy');
  if (value('maxmemory') !== '0' && policy !== undefined && policy !== 'noeviction') weak.push('eviction');
  if (Number(value('connected_slaves') ?? 0) > 0) weak.push('asynchronous-replicas');
  if (appends === undefined || (appends === '1' && appendfsync === undefined)) weak.push('unknown');
  return weak;
}
