/** A hash that is the same in every process and release: what is decided by it must not move. Pure. */

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over the UTF-16 code units, then MurmurHash3's finalizer: alone, FNV leaves the high bits of short keys alike. An unsigned 32-bit number. */
export function hash32(text: string, seed = FNV_OFFSET): number {
  let hash = seed | 0;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  }
  return avalanche(hash);
}

/** Every bit of the answer depends on every bit of the number. */
export function avalanche(number: number): number {
  let hash = number;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
