/** What a test may do with an API server that somebody started: the administrator's credentials, kubectl, tokens. */
import { Agent, request as httpsRequest } from 'node:https';
import { dirname, join } from 'node:path';
import { type Outcome, run } from './run.ts';

/** Plain data: may cross from one process to another. */
export interface ApiAddress {
  url: string;
  /** The administrator's kubeconfig, YAML, credentials inline. */
  kubeconfig: string;
  kubeconfigPath: string;
  /** PEM. The certificate belongs to `system:masters`. */
  adminTls: { ca: string; cert: string; key: string };
  kubectlPath: string;
}

export interface ApiAccess extends ApiAddress {
  /** Runs kubectl as the administrator; resolves whatever its exit code. `input` goes to its standard input (`apply -f -`). */
  kubectl(args: readonly string[], input?: string): Promise<Outcome>;
  /** A token of the service account (TokenRequest), bound to a pod where one is named, as kubelet binds those it mounts. */
  tokenFor(namespace: string, serviceAccount: string, options?: { boundPod?: string }): Promise<string>;
  /** One plain request as the administrator, below any client under test. Rejects only when there is no answer at all. */
  request(method: string, path: string, body?: unknown): Promise<{ status: number; body: string }>;
  isReady(): Promise<boolean>;
  /** Ends the connections of `request`. */
  close(): void;
}

const REQUEST_TIMEOUT_MS = 10_000;
const TOKEN_SECONDS = 3600;

export function accessTo(address: ApiAddress): ApiAccess {
  const { ca, cert, key } = address.adminTls;
  const agent = new Agent({ ca, cert, key, keepAlive: true });

  const request: ApiAccess['request'] = (method, path, body) =>
    new Promise((resolve, reject) => {
      const sent = httpsRequest(
        new URL(path, address.url),
        { agent, method, headers: { 'content-type': 'application/json' }, timeout: REQUEST_TIMEOUT_MS },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
          );
        },
      );
      sent.on('timeout', () =>
        sent.destroy(new Error(`${method} ${path}: no answer in ${REQUEST_TIMEOUT_MS} ms`)),
      );
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });

  return {
    ...address,
    request,
    kubectl: (args, input) =>
      run(address.kubectlPath, ['--kubeconfig', address.kubeconfigPath, ...args], {
        // Its discovery cache must not outlive the server: the next one may listen on the same port.
        env: { ...process.env, KUBECACHEDIR: join(dirname(address.kubeconfigPath), 'kubectl-cache') },
        ...(input === undefined ? {} : { input }),
      }),
    tokenFor: async (namespace, serviceAccount, options = {}) => {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
      const { boundPod } = options;
      const { status, body } = await request('POST', path, {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          audiences: [],
          expirationSeconds: TOKEN_SECONDS,
          ...(boundPod === undefined
            ? {}
            : { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: boundPod } }),
        },
      });
      const token = status === 201 ? (JSON.parse(body) as { status: { token: string } }).status.token : '';
      if (token === '')
        throw new Error(`no token for ${namespace}/${serviceAccount}: HTTP ${status} ${body}`);
      return token;
    },
    isReady: async () => (await request('GET', '/readyz')).status === 200,
    close: () => agent.destroy(),
  };
}
