/** Adapters as a gateway sees them. */

export type InstanceState = 'ready' | 'draining' | 'dead';

/** One adapter process. Draining: alive, leaving, takes nothing new. Dead: listed, and known not to serve. One that is not listed is absent. */
export interface Instance {
  /** Host and port, such as `10.0.0.3:8080` or `[fd00::3]:8080`: unique among all. */
  readonly id: string;
  /** `http://` and the id. */
  readonly origin: string;
  /** `prefix.business.region`; undefined for one without a set. */
  readonly set: string | undefined;
  readonly state: InstanceState;
  /** For the balancer `weight`; 100 by default. */
  readonly weight: number;
  /** Where it is known from. */
  readonly source: 'slice' | 'static' | 'registered';
}

/** All instances that are known now. A new list at each change; who holds one sees it unchanged. */
export interface InstanceSource {
  readonly instances: readonly Instance[];
  /** False until the first list is there. */
  readonly synced: boolean;
  /** Called after each change. The answer ends it. */
  subscribe(listener: () => void): () => void;
}
