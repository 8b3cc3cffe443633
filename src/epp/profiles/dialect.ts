import type { FeatureName, Keepalive } from './names.ts';

/** `EppRegistry.spec.dialect`: what a user knows better than the profile. What is absent stays the profile's. */
export interface Dialect {
  /** Replaces the profile's features. */
  features?: readonly FeatureName[] | undefined;
  addFeatures?: readonly FeatureName[] | undefined;
  removeFeatures?: readonly FeatureName[] | undefined;
  /** Further object services asked for at login, where no feature names them. */
  objectURIs?: readonly string[] | undefined;
  /** Further extensions asked for at login, where no feature names them. */
  extensionURIs?: readonly string[] | undefined;
  maxCheckNames?: number | undefined;
  /** Bytes, header included. */
  maxFrameBytes?: number | undefined;
  keepalive?: Keepalive | undefined;
  /** Commands in flight on one session. */
  pipelineDepth?: number | undefined;
  coalesceChecks?: boolean | undefined;
  oneZonePerCheck?: boolean | undefined;
  namestoreSubProduct?: boolean | undefined;
}
