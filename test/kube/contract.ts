/**
 * What the program counts on of a Kubernetes API, written once and run against the real API server and against the embedded one, so that the
 * embedded one cannot drift. Whoever starts to count on something new adds it here first.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { NAMESPACE } from '../../src/kube/builtin.ts';
import type { KubeClient } from '../../src/kube/interfaces.ts';
import { applyContract } from './contract-apply.ts';
import { customResourceContract } from './contract-custom.ts';
import { deletionContract } from './contract-deletion.ts';
import { endpointContract } from './contract-endpoints.ts';
import type { Stage } from './contract-objects.ts';
import { requestContract } from './contract-requests.ts';
import { watchContract } from './contract-watch.ts';

/** An API that the contract is run against, with the project's CRDs served, garbage collected, and the endpoints of Services kept. */
export interface ContractSubject {
  client: KubeClient;
  close(): Promise<void>;
}

export function describeContract(title: string, open: () => Promise<ContractSubject>): void {
  describe(title, () => {
    let subject: ContractSubject | undefined;
    // A server that tests share has namespaces of other runs.
    const run = randomBytes(3).toString('hex');
    let count = 0;
    const stage: Stage = {
      get client() {
        if (subject === undefined) throw new Error('the API has not been opened');
        return subject.client;
      },
      async namespace() {
        count += 1;
        const name = `contract-${run}-${count}`;
        await this.client.create(NAMESPACE, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
        return name;
      },
    };
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject?.close());
    requestContract(stage);
    watchContract(stage);
    deletionContract(stage);
    applyContract(stage);
    customResourceContract(stage);
    endpointContract(stage);
  });
}
