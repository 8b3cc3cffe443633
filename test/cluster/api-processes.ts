/** The command lines of the api tier's three programs, and the files they read. Pure but for `writeFiles`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CertificateAuthority, type KeyPair, signingKeys } from './certificates.ts';

export interface ApiPorts {
  api: number;
  etcd: number;
  etcdPeer: number;
}

export type ProgramName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager';

/**
 * What tests of controllers lean on. Pods are only objects here (no kubelet, no scheduler), so that the controllers of nodes, volumes and
 * jobs would only cost time.
 */
export const DEFAULT_CONTROLLERS: readonly string[] = [
  'clusterrole-aggregation-controller',
  'deployment-controller',
  'disruption-controller',
  'endpointslice-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'pod-garbage-collector-controller',
  'replicaset-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'validatingadmissionpolicy-status-controller',
];

export interface Credentials {
  url: string;
  ca: string;
  admin: KeyPair;
  /** The administrator's, as text. */
  kubeconfig: string;
}

export function kubeconfigOf(url: string, ca: string, user: KeyPair): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return `apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: test}}]
clusters:
- name: test
  cluster: {server: "${url}", certificate-authority-data: ${base64(ca)}}
users:
- name: test
  user: {client-certificate-data: ${base64(user.cert)}, client-key-data: ${base64(user.key)}}
`;
}

/** Writes certificates, keys and kubeconfigs into the folder. */
export async function writeFiles(folder: string, ports: ApiPorts): Promise<Credentials> {
  const url = `https://127.0.0.1:${ports.api}`;
  const ca = await CertificateAuthority.create('eppset test');
  const [server, admin, manager, tokens] = await Promise.all([
    ca.sign('CN=kube-apiserver', [
      { type: 'ip', value: '127.0.0.1' },
      { type: 'ip', value: '10.99.0.1' },
      { type: 'dns', value: 'localhost' },
      { type: 'dns', value: 'kubernetes.default.svc' },
    ]),
    ca.sign('O=system:masters,CN=admin'),
    ca.sign('CN=system:kube-controller-manager'),
    signingKeys(),
  ]);
  const kubeconfig = kubeconfigOf(url, ca.cert, admin);
  const files: Record<string, string> = {
    'ca.crt': ca.cert,
    'apiserver.crt': server.cert,
    'apiserver.key': server.key,
    'tokens.key': tokens.privateKey,
    'tokens.pub': tokens.publicKey,
    'admin.conf': kubeconfig,
    'manager.conf': kubeconfigOf(url, ca.cert, manager),
  };
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o600 })),
  );
  return { url, ca: ca.cert, admin, kubeconfig };
}

export function commandLine(
  program: ProgramName,
  folder: string,
  ports: ApiPorts,
  controllers: readonly string[],
): string[] {
  const file = (name: string) => join(folder, name);
  const etcd = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  switch (program) {
    case 'etcd':
      return [
        `--data-dir=${file('etcd')}`,
        `--listen-client-urls=${etcd}`,
        `--advertise-client-urls=${etcd}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=default=${peer}`,
        // The data may be lost with the machine.
        '--unsafe-no-fsync',
        '--log-level=warn',
      ];
    case 'kube-apiserver':
      return [
        `--etcd-servers=${etcd}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${ports.api}`,
        `--tls-cert-file=${file('apiserver.crt')}`,
        `--tls-private-key-file=${file('apiserver.key')}`,
        `--client-ca-file=${file('ca.crt')}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-signing-key-file=${file('tokens.key')}`,
        `--service-account-key-file=${file('tokens.pub')}`,
        '--service-cluster-ip-range=10.99.0.0/16',
        '--authorization-mode=RBAC',
        // Without it the server writes the only EndpointSlice of `kubernetes` again and again: it refuses loopback addresses.
        '--endpoint-reconciler-type=none',
      ];
    case 'kube-controller-manager':
      return [
        `--kubeconfig=${file('manager.conf')}`,
        // Serves nothing: one port less to clash.
        '--secure-port=0',
        `--service-account-private-key-file=${file('tokens.key')}`,
        `--root-ca-file=${file('ca.crt')}`,
        '--use-service-account-credentials',
        '--leader-elect=false',
        // With the default of 20 requests a second a thousand Deployments take many minutes.
        '--kube-api-qps=500',
        '--kube-api-burst=1000',
        `--flex-volume-plugin-dir=${file('flex')}`,
        `--controllers=${controllers.join(',')}`,
      ];
  }
}
