/** Numbers and times as people read them. */

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `12 s`, `3 min`, `2 h`, `4 d`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** `14:03:07` where the reader is. */
export function timeOfDay(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** `core` of `epp.core.bj`. */
export function businessOf(set: string): string {
  return set.split('.')[1] ?? set;
}

const CLASSES = ['core', 'manage', 'query'];

/** For the style of what belongs to a class. */
export function classStyle(name: string): string {
  return CLASSES.includes(name) ? `class-${name}` : 'class-other';
}
