import type { KubeClient } from '../src/kube/interfaces.ts';

/** Namespace of everything that the demo makes. */
export const NAMESPACE = 'eppset-demo';

/** Where the story is played: a kind cluster, somebody's own cluster, or the embedded one in this process. */
export interface Place {
  /** `kind`, `current` or `embedded`. */
  readonly name: string;
  /** How one reads the API here: a person's client, with full rights. */
  readonly client: KubeClient;
  /** Base URL of a Service's HTTP port, reachable from this process. */
  serviceUrl(service: string): string;
  /** Applies a manifest file of the project. */
  apply(file: string): Promise<void>;
  /** Removes what a manifest file describes, and waits until it is gone. */
  remove(file: string): Promise<void>;
  /** `kubectl scale` of a set. */
  scale(set: string, replicas: number): Promise<void>;
  /** Ends a pod's process by SIGKILL, as the kernel's OOM killer would: nothing is drained. Its container starts again. */
  kill(pod: { namespace: string; name: string }): Promise<void>;
  /** What to type to look around while the demo's objects are there. */
  hints(): string[];
  /** Leaves the place as it was found: what was made for this run alone is removed. */
  close(): Promise<void>;
}
