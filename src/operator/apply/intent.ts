import { ANNOTATION } from '../../api/v1alpha1/labels.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { canonicalJson, sha256 } from '../specs/canonical.ts';
import { covers } from './covers.ts';

/** An object as it is written: with a checksum of what was intended. */
export interface StampedIntent<T extends KubeObject = KubeObject> {
  intent: T;
  checksum: string;
}

export function stamped<T extends KubeObject>(object: T): StampedIntent<T> {
  const checksum = sha256(canonicalJson(object));
  const annotations = { ...object.metadata.annotations, [ANNOTATION.intentChecksum]: checksum };
  return { intent: { ...object, metadata: { ...object.metadata, annotations } }, checksum };
}

/** The live object was last written with this very intent; others may have changed it since. */
export function isOfIntent({ checksum }: StampedIntent, live: KubeObject): boolean {
  return live.metadata.annotations?.[ANNOTATION.intentChecksum] === checksum;
}

/** Nothing has to be written: the live object was made of this intent, and still is as it says. */
export function isAsIntended(stampedIntent: StampedIntent, live: KubeObject): boolean {
  return isOfIntent(stampedIntent, live) && covers(stampedIntent.intent, live);
}
