/** Contract: EndpointSlices, from which gateways know adapters. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PORTS_ANNOTATION } from '../../src/embedded/pod-worker.ts';
import { ENDPOINT_SLICE, INGRESS, POD, type Pod, SERVICE, type Service } from '../../src/kube/builtin.ts';
import type { KubeObject, ObjectMeta, Resource } from '../../src/kube/objects.ts';
import { eventually } from '../support/eventually.ts';
import { pod, read, type Stage } from './contract-objects.ts';

const WAIT = { timeoutMs: 90_000, everyMs: 50 };
const SELECTOR = { app: 'adapter' };
/** Pods that are on no node are in no slice. */
const NODE: Resource = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
/** Where the embedded node would say that the pod listens; nothing to anybody else. */
const LISTENS = { [PORTS_ANNOTATION]: '{"8080":8080,"9090":9090}' };

export function endpointContract(stage: Stage): void {
  const node: KubeObject = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: `contract-${randomBytes(3).toString('hex')}` },
  };
  const serve = (namespace: string, name: string, spec: Service['spec'] = {}, metadata: object = {}) =>
    stage.client.create(SERVICE, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name, ...metadata },
      spec: {
        selector: SELECTOR,
        ports: [
          { name: 'http', port: 80, targetPort: 'web', protocol: 'TCP', appProtocol: 'http' },
          { name: 'other', port: 9090, protocol: 'TCP' },
        ],
        ...spec,
      },
    });
  const run = async (
    namespace: string,
    name: string,
    { ip, ready, ...more }: { ip: string; ready: boolean } & Partial<ObjectMeta>,
  ) => {
    const made = pod(namespace, name, node.metadata.name);
    const [container] = made.spec?.containers ?? [];
    const created = await stage.client.create(POD, {
      ...made,
      metadata: { ...made.metadata, labels: SELECTOR, annotations: LISTENS, ...more },
      spec: { ...made.spec, containers: [{ ...container!, ports: [{ name: 'web', containerPort: 8080 }] }] },
    });
    return await tell(created, ip, ready);
  };
  const tell = (live: Pod, podIP: string, ready: boolean) =>
    stage.client.replaceStatus(POD, {
      ...live,
      status: {
        phase: 'Running',
        podIP,
        podIPs: [{ ip: podIP }],
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      },
    });
  /** What all slices of a Service say together: how many there are is their maker's business. */
  const endpointsOf = async (namespace: string, service: string) => {
    const labelSelector = `kubernetes.io/service-name=${service}`;
    const { items } = await stage.client.list(ENDPOINT_SLICE, { namespace, labelSelector });
    return items
      .flatMap(({ addressType, endpoints, ports }) =>
        (endpoints ?? []).map(({ addresses, conditions, targetRef }) => ({
          addressType,
          addresses,
          conditions,
          pod: targetRef?.name,
          // in any order
          ports: [...(ports ?? [])].sort((a, b) => String(a.name).localeCompare(String(b.name))),
        })),
      )
      .sort((a, b) => String(a.pod).localeCompare(String(b.pod)));
  };
  const ports = [
    { name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'http' },
    { name: 'other', port: 9090, protocol: 'TCP' },
  ];
  const endpoint = (
    name: string,
    ip: string,
    [ready, serving, terminating]: [boolean, boolean, boolean],
  ) => ({
    addressType: 'IPv4',
    addresses: [ip],
    conditions: { ready, serving, terminating },
    pod: name,
    ports,
  });
  const eventuallyAre = (namespace: string, service: string, wanted: object[]) =>
    eventually(async () => {
      expect(await endpointsOf(namespace, service)).toEqual(wanted);
      return true;
    }, WAIT);

  describe('endpoint slices', () => {
    beforeAll(() => stage.client.create(NODE, node));
    afterAll(() => stage.client.delete(NODE, { name: node.metadata.name }));

    it('follow the pods of a Service: ready, not ready, terminating, gone', async () => {
      const namespace = await stage.namespace();
      await run(namespace, 'a', { ip: '10.1.0.1', ready: true });
      await serve(namespace, 'set');
      await run(namespace, 'stranger', { ip: '10.1.0.9', ready: true, labels: { app: 'other' } });
      const b = await run(namespace, 'b', {
        ip: '10.1.0.2',
        ready: false,
        finalizers: ['contract.example/stays'],
      });
      const a = endpoint('a', '10.1.0.1', [true, true, false]);
      await eventuallyAre(namespace, 'set', [a, endpoint('b', '10.1.0.2', [false, false, false])]);

      const ready = await tell(b, '10.1.0.2', true);
      await eventuallyAre(namespace, 'set', [a, endpoint('b', '10.1.0.2', [true, true, false])]);

      await stage.client.delete(POD, { namespace, name: 'b' }, { gracePeriodSeconds: 0 });
      await eventuallyAre(namespace, 'set', [a, endpoint('b', '10.1.0.2', [false, true, true])]);

      const dying = await read(stage.client, POD, namespace, ready.metadata.name);
      await stage.client.replace(POD, { ...dying, metadata: { ...dying.metadata, finalizers: [] } });
      await eventuallyAre(namespace, 'set', [a]);
      await stage.client.delete(POD, { namespace, name: 'a' }, { gracePeriodSeconds: 0 });
      await eventuallyAre(namespace, 'set', []);
    });

    it('have the labels of their Service, and belong to it', async () => {
      const namespace = await stage.namespace();
      const service = await serve(
        namespace,
        'set',
        { clusterIP: 'None', publishNotReadyAddresses: true },
        {
          labels: { 'eppset.io/set': 'core' },
        },
      );
      await run(namespace, 'a', { ip: '10.1.0.1', ready: false });
      await eventuallyAre(namespace, 'set', [endpoint('a', '10.1.0.1', [true, false, false])]);
      const labelSelector = 'eppset.io/set=core';
      const { items } = await stage.client.list(ENDPOINT_SLICE, { namespace, labelSelector });
      const [slice] = items.filter(({ endpoints }) => (endpoints ?? []).length > 0);
      expect(slice?.metadata.labels).toEqual({
        'eppset.io/set': 'core',
        'kubernetes.io/service-name': 'set',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'service.kubernetes.io/headless': '',
      });
      expect(slice?.metadata.ownerReferences).toEqual([
        {
          apiVersion: 'v1',
          kind: 'Service',
          name: 'set',
          uid: service.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ]);
      expect(slice?.endpoints?.[0]?.targetRef).toMatchObject({ kind: 'Pod', namespace, name: 'a' });

      await stage.client.replace(SERVICE, {
        ...service,
        metadata: { ...service.metadata, labels: { 'eppset.io/set': 'query' } },
      });
      await eventually(async () => {
        const found = await stage.client.list(ENDPOINT_SLICE, { namespace, labelSelector });
        return found.items.length === 0;
      }, WAIT);
      await stage.client.delete(SERVICE, { namespace, name: 'set' });
      await eventually(
        async () => (await stage.client.list(ENDPOINT_SLICE, { namespace })).items.length === 0,
        WAIT,
      );
    });

    it('of others are left alone', async () => {
      const namespace = await stage.namespace();
      const own = {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { namespace, name: 'registered', labels: { 'kubernetes.io/service-name': 'set' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.2.0.1'], conditions: { ready: true } }],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      };
      await stage.client.create(ENDPOINT_SLICE, own);
      await serve(namespace, 'set');
      await run(namespace, 'a', { ip: '10.1.0.1', ready: true });
      await eventually(async () => (await endpointsOf(namespace, 'set')).length === 2, WAIT);
      const kept = await read(stage.client, ENDPOINT_SLICE, namespace, 'registered');
      expect(kept).toMatchObject({ endpoints: own.endpoints, ports: own.ports, metadata: { generation: 1 } });
    });
  });

  describe('an Ingress', () => {
    it('counts the changes of what it wants, and no others', async () => {
      const namespace = await stage.namespace();
      const rule = (host: string) => ({
        host,
        http: {
          paths: [
            {
              path: '/',
              pathType: 'Prefix',
              backend: { service: { name: 'gateway', port: { name: 'http' } } },
            },
          ],
        },
      });
      const intent = (host: string, labels: Record<string, string>) => ({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: { namespace, name: 'gateway', labels },
        spec: { rules: [rule(host)] },
      });
      const apply = (host: string, labels: Record<string, string>) =>
        stage.client.apply(INGRESS, intent(host, labels), { fieldManager: 'contract' });
      const made = await apply('epp.example', {});
      expect(made).toMatchObject({ metadata: { generation: 1 }, spec: { rules: [rule('epp.example')] } });
      expect((await apply('epp.example', { a: 'b' })).metadata.generation).toBe(1);
      const changed = await apply('epp2.example', { a: 'b' });
      expect(changed).toMatchObject({ metadata: { generation: 2 }, spec: { rules: [rule('epp2.example')] } });
    });
  });
}
