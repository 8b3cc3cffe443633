/** What differs between registries, as data. Every value can be overridden by `EppRegistry.spec`. */
export interface Profile {
  name: string;
  /** Object URIs asked for at login; crossed with the greeting's. */
  objectURIs: readonly string[];
  /** Extension URIs asked for at login; crossed with the greeting's. */
  extensionURIs: readonly string[];
  /** Most names in one check; more is answered 2306 by some registries. */
  maxCheckNames: number;
  /** Largest frame that we read, in bytes, header included. */
  maxFrameBytes: number;
  /** How a silent session is kept alive. */
  keepalive: 'hello' | 'poll';
}
