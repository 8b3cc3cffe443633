import type { FeatureName, Keepalive } from './names.ts';

/** `EppRegistry.spec.dialect`: what a user knows better than the profile. What is absent stays the profile's. */
export interface Dialect {
  /** Replaces the profile's features. */
  features?: readonly FeatureName[] | undefined;
  addFeatures?: readonly FeatureName[] | undefined;
  removeFeatures?: readonly FeatureName[] | undefined;
  /** Instead of the profile's object services, those of features excepted. */
  objectURIs?: readonly string[] | undefined;
  /** Instead of the extensions of the profile that no feature names. */
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
