/** Clients with the tokens of service accounts, as pods have them. */
import { Registry } from 'prom-client';
import { POD } from '../../src/kube/builtin.ts';
import { type ClosableKubeClient, createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import type { KubeObject, Resource } from '../../src/kube/objects.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { createOperator } from '../../src/operator/operator.ts';
import type { OperatorOptionsInput } from '../../src/operator/options.ts';
import type { ApiAccess } from '../cluster/api-access.ts';
import { SYSTEM } from './helm.ts';

export async function clientWithToken(
  api: ApiAccess,
  namespace: string,
  account: string,
  boundPod?: string,
): Promise<ClosableKubeClient> {
  const config = await loadClusterConfig({ kubeconfig: api.kubeconfigPath, env: {} });
  const token = await api.tokenFor(namespace, account, boundPod === undefined ? {} : { boundPod });
  const { cert: _cert, key: _key, ...reach } = config;
  return createClient({ ...reach, token: async () => token }, { clock, log });
}

/** The operator with the rights of the installed service account, in the place of one of its pods. */
export async function startOperatorAs(
  api: ApiAccess,
  admin: ClosableKubeClient,
  options: Partial<OperatorOptionsInput>,
): Promise<{ client: ClosableKubeClient; stop(): Promise<void> }> {
  const labelSelector = 'app.kubernetes.io/name=eppset-operator';
  const { items } = await admin.list(POD, { namespace: SYSTEM, labelSelector });
  const name = items[0]?.metadata.name ?? '';
  const client = await clientWithToken(api, SYSTEM, 'eppset-operator', name);
  const operator = createOperator(
    { client, clock, log, metrics: new Registry() },
    {
      identity: name,
      pod: { namespace: SYSTEM, name },
      leaderElection: { namespace: SYSTEM },
      timeScale: 0.05,
      ...options,
    },
  );
  const abort = new AbortController();
  const running = operator.run(abort.signal);
  return {
    client,
    async stop() {
      abort.abort(new Error('the test ends'));
      await running;
      await client.close();
    },
  };
}

interface SelfSubjectAccessReview extends KubeObject {
  spec: object;
  status?: { allowed?: boolean };
}
const REVIEW: Resource<SelfSubjectAccessReview> = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  namespaced: false,
};

/** What the API server says to `right` (as `rights.ts` writes it), asked by who would use it. */
export async function isAllowed(as: ClosableKubeClient, right: string, home: string): Promise<boolean> {
  const [verb, what = '', ...rest] = right.split(' ');
  const [kind = '', subresource = ''] = what.split('/');
  const [resource, ...group] = kind.split('.');
  const place = rest.find((term) => term.startsWith('@'))?.slice(1);
  const name = rest.find((term) => !term.startsWith('@')) ?? '';
  const { status } = await as.create(REVIEW, {
    apiVersion: REVIEW.apiVersion,
    kind: REVIEW.kind,
    metadata: { name: '' },
    spec: {
      resourceAttributes: {
        ...{ verb, resource, group: group.join('.'), subresource, name },
        namespace: place ?? home,
      },
    },
  });
  return status?.allowed === true;
}
