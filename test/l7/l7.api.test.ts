/** The samples in front of a gateway are what a real API server takes, and lead to what the operator makes. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { gatewayObjectNames } from '../../src/operator/specs/names.ts';
import { whyNoGo } from '../cluster/executables.ts';
import { runOk } from '../cluster/run.ts';
import { useApiServer } from '../cluster/using-api.ts';

const { api, namespace } = useApiServer({ prefix: 'l7' });
const MANIFESTS = new URL('../../manifests/', import.meta.url);
/** Holds its own definitions, as YAML: the Go proxy has it where GitHub cannot be reached. */
const GATEWAY_API = 'sigs.k8s.io/gateway-api@v1.3.0';
const KINDS = ['gatewayclasses', 'gateways', 'httproutes'];
const why = await whyNoGo();

async function sample(name: string): Promise<string> {
  return (await readFile(new URL(`l7/${name}`, MANIFESTS), 'utf8')).replaceAll('eppset-demo', namespace());
}

async function accepted(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'eppset-l7-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'sample.yaml');
  await writeFile(file, text);
  const { code, stdout, stderr } = await api().kubectl([
    'apply',
    '--dry-run=server',
    '--validate=strict',
    '-f',
    file,
  ]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** Every name of a Service in a manifest's backends. */
function backends(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(backends);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'service') return [(inner as { name: string }).name];
    if (key === 'backendRefs') return (inner as { name: string }[]).map(({ name }) => name);
    return backends(inner);
  });
}

it('the Ingress', async () => {
  expect(await accepted(await sample('ingress.yaml'))).toContain('ingress.networking.k8s.io/epp created');
});

it.skipIf(why !== undefined)(`the Gateway and its route${why ? ` (${why})` : ''}`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'eppset-gateway-api-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const env = { ...process.env, GOFLAGS: '', GOWORK: 'off' };
  const { stdout } = await runOk('go', ['mod', 'download', '-json', GATEWAY_API], { cwd: folder, env });
  const { Dir } = JSON.parse(stdout) as { Dir: string };
  const files = KINDS.map((kind) => `${Dir}/config/crd/standard/gateway.networking.k8s.io_${kind}.yaml`);
  const kubectl = async (...args: string[]) => {
    const { code, stderr } = await api().kubectl(args);
    if (code !== 0) throw new Error(stderr);
  };
  await kubectl('apply', '--server-side', ...files.map((file) => `--filename=${file}`));
  const crds = KINDS.map((kind) => `crd/${kind}.gateway.networking.k8s.io`);
  await kubectl('wait', '--for=condition=Established', '--timeout=60s', ...crds);
  const told = await accepted(await sample('gateway-api.yaml'));
  expect(told).toContain('gateway.gateway.networking.k8s.io/epp created');
  expect(told).toContain('httproute.gateway.networking.k8s.io/epp created');
});

it.each(['ingress.yaml', 'gateway-api.yaml'])(
  '%s leads to the Service of the sample gateway',
  async (name) => {
    const gateway = parse(await readFile(new URL('samples/50-gateway.yaml', MANIFESTS), 'utf8'));
    const service = gatewayObjectNames(gateway.metadata.name).gateway;
    const text = await sample(name);
    const led = parseAllDocuments(text).flatMap((document) => backends(document.toJS()));
    expect(new Set(led)).toEqual(new Set([service]));
    expect(text).not.toMatch(/(path|value): \/(metrics|debug|internal)/);
  },
);
