import type { KubeObject } from './objects.ts';

/** Writes Kubernetes events about objects; failures are logged, never thrown. Repeats of the same event are counted, not multiplied. */
export interface EventRecorder {
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}
