/** What the kubelet says of a pod in its status. */
import type { V1ContainerStatus, V1PodCondition } from '@kubernetes/client-node';
import type { Pod } from '../kube/builtin.ts';

export type ContainerState =
  | { kind: 'waiting'; reason: string; message?: string }
  | { kind: 'running'; since: Date }
  | { kind: 'terminated'; exitCode: number; message?: string; at: Date };

/** What the node knows of a pod. A pod has one container here. */
export interface PodFacts {
  state: ContainerState;
  /** How the container ended before, if it did. */
  last: (ContainerState & { kind: 'terminated' }) | undefined;
  ready: boolean;
  restarts: number;
  startedAt: Date;
}

/** On the wire times are texts, in whole seconds. */
const time = (date: Date): Date => date.toISOString().replace(/\.\d{3}Z$/, 'Z') as unknown as Date;

/** The status, with the transition times of `before` where nothing changed. */
export function podStatus(pod: Pod, facts: PodFacts, now: Date): NonNullable<Pod['status']> {
  const { state, last, ready, restarts, startedAt } = facts;
  const [container] = pod.spec?.containers ?? [];
  const isRunning = state.kind === 'running';
  const condition = (type: string, isTrue: boolean): V1PodCondition => {
    const status = isTrue ? 'True' : 'False';
    const before = pod.status?.conditions?.find((other) => other.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : time(now);
    return { type, status, ...(lastTransitionTime && { lastTransitionTime }) };
  };
  const containerStatus: V1ContainerStatus = {
    name: container?.name ?? '',
    image: container?.image ?? '',
    imageID: '',
    ready,
    started: isRunning,
    restartCount: restarts,
    state: stateOf(state),
    ...(last && { lastState: stateOf(last) }),
  };
  return {
    phase: phaseOf(state, restarts),
    startTime: time(startedAt),
    hostIP: '127.0.0.1',
    podIP: '127.0.0.1',
    podIPs: [{ ip: '127.0.0.1' }],
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', ready),
      condition('Ready', ready),
    ],
    containerStatuses: [containerStatus],
  };
}

/** Containers are always started anew, so a pod that ran once is running until it is deleted. */
function phaseOf(state: ContainerState, restarts: number): string {
  return state.kind === 'running' || restarts > 0 ? 'Running' : 'Pending';
}

function stateOf(state: ContainerState): NonNullable<V1ContainerStatus['state']> {
  switch (state.kind) {
    case 'running':
      return { running: { startedAt: time(state.since) } };
    case 'terminated': {
      const { exitCode, message, at } = state;
      const reason = exitCode === 0 ? 'Completed' : 'Error';
      return { terminated: { exitCode, reason, finishedAt: time(at), ...(message && { message }) } };
    }
    case 'waiting': {
      const { reason, message } = state;
      return { waiting: { reason, ...(message && { message }) } };
    }
  }
}
