/** helm with the project's chart, leaving nothing on the machine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/kube/objects.ts';
import { checkout } from '../cluster/folders.ts';
import { toStderr } from '../cluster/progress.ts';
import { type Outcome, run } from '../cluster/run.ts';
import { helmPath } from '../cluster/tools.ts';

export const CHART = join(checkout, 'charts', 'eppset');
export const SYSTEM = 'eppset-system';

/** Values that turn everything on that the chart has. */
export const ALL_ON = {
  image: { repository: 'registry.example/eppset', digest: `sha256:${'0'.repeat(64)}`, pullPolicy: 'Always' },
  imagePullSecrets: [{ name: 'registry' }],
  replicas: 3,
  logLevel: 'debug',
  extraArgs: ['--time-scale=0.5'],
  extraEnv: [{ name: 'NODE_OPTIONS', value: '--max-old-space-size=256' }],
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }],
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [] } },
  priorityClassName: 'system-cluster-critical',
  podAnnotations: { note: 'x' },
  podLabels: { 'sidecar.istio.io/inject': 'false' },
  commonLabels: { team: 'domains' },
  serviceAccount: { annotations: { 'example.org/role': 'x' } },
  networkPolicies: { enabled: true, monitoring: { podLabels: { app: 'prometheus' } } },
  egress: { image: 'nginx:1' },
  polaris: { url: 'http://polaris.example:8090', service: 'epp', tokenSecretName: 'polaris' },
  console: { enabled: true },
  monitoring: { enabled: true },
};

export interface Helm {
  (args: readonly string[], values?: object): Promise<Outcome>;
  path: string;
  /** Folders of its own included. */
  env: NodeJS.ProcessEnv;
  /** What the chart renders with these values, hooks included; once each. Throws what helm says. */
  template(values?: object, more?: readonly string[]): Promise<RenderedObject[]>;
}

export type RenderedObject = KubeObject & Record<string, unknown>;

/** Callable from `beforeAll` on. */
export function useHelm(): () => Helm {
  let helm: Helm | undefined;
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eppset-helm-'));
    const path = await helmPath(toStderr);
    const homes = ['HELM_CACHE_HOME', 'HELM_CONFIG_HOME', 'HELM_DATA_HOME'];
    const env = { ...process.env, ...Object.fromEntries(homes.map((name) => [name, join(folder, name)])) };
    const call = (args: readonly string[], values?: object) =>
      run(path, values === undefined ? args : [...args, '--values', '-'], {
        env,
        ...(values !== undefined && { input: JSON.stringify(values) }),
      });
    const render = async (values: object, more: readonly string[]): Promise<RenderedObject[]> => {
      const place = ['template', 'eppset', CHART, '--namespace', SYSTEM, ...more];
      const { code, stdout, stderr } = await call(place, values);
      if (code !== 0) throw new Error(stderr);
      return parseAllDocuments(stdout)
        .map((document) => document.toJS() as RenderedObject | null)
        .filter((object) => object !== null);
    };
    const rendered = new Map<string, Promise<RenderedObject[]>>();
    helm = Object.assign(call, {
      path,
      env,
      template(values: object = {}, more: readonly string[] = []) {
        const key = JSON.stringify([values, more]);
        const result = rendered.get(key) ?? render(values, more);
        rendered.set(key, result);
        return result;
      },
    });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return () => {
    if (!helm) throw new Error('useHelm: helm is there from beforeAll on');
    return helm;
  };
}
