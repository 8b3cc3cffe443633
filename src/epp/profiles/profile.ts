import type { FeatureName, Keepalive, ProfileName } from './names.ts';

/** What differs between registries, as data. Every value can be overridden by `EppRegistry.spec.dialect`. */
export interface Profile {
  readonly name: ProfileName;
  /** Whose registry it is, for the documentation. */
  readonly title: string;
  /** Asked for at login, each by its URIs (features.ts); crossed with the greeting's. */
  readonly features: readonly FeatureName[];
  /** Object services asked for at login beside those of the features; crossed with the greeting's. */
  readonly objectURIs: readonly string[];
  /** Extensions asked for at login that no feature names: raw XML both ways. Crossed with the greeting's. */
  readonly extensionURIs: readonly string[];
  /** Most names in one check; more is answered 2306 by some registries. */
  readonly maxCheckNames: number;
  /** Largest frame that we read, in bytes, header included. */
  readonly maxFrameBytes: number;
  /** How a silent session is kept alive. */
  readonly keepalive: Keepalive;
  /** Commands in flight on one session (RFC 5734 section 3). */
  readonly pipelineDepth: number;
  /** Checks of several callers may go into one command. */
  readonly coalesceChecks: boolean;
  /** A check holds names of one TLD alone. */
  readonly oneZonePerCheck: boolean;
  /** namestoreExt with the product of the TLD is added where the caller gave none. */
  readonly namestoreSubProduct: boolean;
  /** What is known of connections, to fill in `EppRegistry.spec.connections` by hand. Nothing takes them over by itself. */
  readonly suggested: SuggestedConnections;
  /** What does not work with this registry, and why; for the documentation. */
  readonly caveat?: string;
  /** Where values come from, by their name. What has no source is the cautious default. */
  readonly sources: Readonly<Partial<Record<SourcedValue, string>>>;
}

/** Of one account; what is absent is not known, never unlimited. */
export interface SuggestedConnections {
  /** Sessions at once. */
  readonly sessionLimit?: number;
  /** After which the registry drops a silent session. */
  readonly idleTimeoutSeconds?: number;
  /** Below the registry's absolute limit. */
  readonly maxAgeSeconds?: number;
  readonly maxCommandsPerConnection?: number;
}

export type SourcedValue =
  | Exclude<keyof Profile, 'name' | 'title' | 'suggested' | 'caveat' | 'sources'>
  | keyof SuggestedConnections;
