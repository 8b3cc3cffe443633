/** Go programs out of the recipe, built once and kept in the cache. A group is built together and only when something needs it. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { checksumOf, filesOf } from './checksum.ts';
import { cacheRoot, recipe } from './folders.ts';
import { withLock } from './lock.ts';
import { type Progress, step, toStderr } from './progress.ts';
import { isInPath, run, runOk } from './run.ts';
import { versions } from './versions.ts';

interface Group {
  what: string;
  /** Wall time on two idle cores with nothing in Go's own cache. */
  usually: string;
  /** Packages to compile where Go's own cache is empty. */
  compiled: number;
  /** Folder of the Go module, in the recipe. */
  module: string;
  /** Files of the recipe that make the result. */
  sources: readonly string[];
  packages: readonly string[];
  /** Names under which the first executable is called too. */
  links?: readonly string[];
}

const KUBE_PROGRAMS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'kubeadm',
  'kubectl',
] as const;

const GROUPS = {
  kube: {
    what: 'Kubernetes and etcd, one executable',
    usually: '10 to 15 minutes on two cores the first time, 15 s with a warm Go cache',
    compiled: 2900,
    module: '.',
    sources: ['go.mod', 'go.sum', 'kube'],
    packages: ['./kube'],
    links: KUBE_PROGRAMS,
  },
  kubectl: {
    what: 'kubectl',
    usually: '2 to 3 minutes on two cores the first time',
    compiled: 1200,
    module: '.',
    sources: ['go.mod', 'go.sum'],
    packages: ['k8s.io/kubernetes/cmd/kubectl'],
  },
  kind: {
    what: 'kind',
    usually: 'a minute the first time',
    compiled: 300,
    module: '.',
    sources: ['go.mod', 'go.sum'],
    packages: ['sigs.k8s.io/kind'],
  },
  node: {
    what: 'CoreDNS and crictl',
    usually: 'a minute or two the first time',
    compiled: 600,
    module: '.',
    sources: ['go.mod', 'go.sum', 'coredns'],
    packages: ['./coredns', 'sigs.k8s.io/cri-tools/cmd/crictl'],
  },
  containerd: {
    what: 'containerd',
    usually: 'a minute or two the first time',
    compiled: 760,
    module: 'containerd',
    sources: ['containerd'],
    packages: ['containerd', 'containerd-shim-runc-v2', 'ctr'].map(
      (name) => `github.com/containerd/containerd/v2/cmd/${name}`,
    ),
  },
  helm: {
    what: 'helm',
    usually: 'a minute the first time',
    compiled: 560,
    module: 'helm',
    sources: ['helm'],
    packages: ['helm.sh/helm/v3/cmd/helm'],
  },
} satisfies Record<string, Group>;

export type GroupName = keyof typeof GROUPS;

/** What the makers of these programs stamp at release, by Go module of the recipe. */
function stamps(module: string): Record<string, string> {
  const { kubernetes, helm } = versions();
  const [major = '', minor = ''] = kubernetes.slice(1).split('.');
  if (module === '.') {
    // Without its version kubectl refuses to speak to a server, and kubeadm to install one.
    return {
      'k8s.io/component-base/version.gitVersion': kubernetes,
      'k8s.io/client-go/pkg/version.gitVersion': kubernetes,
      'k8s.io/component-base/version.gitMajor': major,
      'k8s.io/component-base/version.gitMinor': minor,
    };
  }
  if (module !== 'helm') return {};
  // Else `helm template` and `helm lint` speak for Kubernetes 1.20, for which most charts are too new.
  return {
    'helm.sh/helm/v3/internal/version.version': helm,
    'helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor': major,
    'helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor': minor,
    'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor': major,
    'helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor': minor,
  };
}

function argumentsOf(group: Group): string[] {
  const flags = [
    '-s -w',
    ...Object.entries(stamps(group.module)).map(([name, value]) => `-X ${name}=${value}`),
  ];
  return ['build', '-mod=readonly', '-buildvcs=false', `-ldflags=${flags.join(' ')}`, ...group.packages];
}

/** Where a group lies, built or not. */
export function folderOf(name: GroupName): string {
  const group: Group = GROUPS[name];
  const sum = checksumOf([
    process.platform,
    process.arch,
    ...argumentsOf(group),
    ...(group.links ?? []),
    ...filesOf(recipe, group.sources),
  ]);
  return join(cacheRoot(), `${name}-${sum}`);
}

export function isBuilt(name: GroupName): boolean {
  return existsSync(folderOf(name));
}

/** Undefined where Go can build, else what is wrong and what to do. */
export async function whyNoGo(): Promise<string | undefined> {
  const wanted = versions().go;
  const todo = `install Go ${wanted} or newer (https://go.dev/dl)`;
  if (!(await isInPath('go'))) return `there is no Go in PATH: ${todo}`;
  // Run in the module: a Go of 1.21 or newer fetches the toolchain that go.mod asks for by itself, where it may.
  const { code, stdout, stderr } = await run('go', ['version'], { cwd: recipe, env: goEnvironment() });
  if (code === 0 && !isOlder(goVersion(stdout), wanted)) return undefined;
  return `Go cannot build it (${(code === 0 ? stdout : stderr).trim()}): ${todo}`;
}

export function goVersion(told: string): string {
  return /go(\d+\.\d+(?:\.\d+)?)/.exec(told)?.[1] ?? '0';
}

export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function goEnvironment(): NodeJS.ProcessEnv {
  // A GOFLAGS of the caller's (say -mod=vendor) would break the build or change what the checksum stands for.
  return { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
}

/** The folder with the group's executables; builds them first where the cache does not have them. */
export async function executables(
  name: GroupName,
  options: { progress?: Progress; signal?: AbortSignal } = {},
): Promise<string> {
  const folder = folderOf(name);
  if (existsSync(folder)) return folder;
  const progress = options.progress ?? toStderr;
  return withLock(
    `${folder}.lock`,
    async () => {
      if (!existsSync(folder)) await build(GROUPS[name], folder, progress, options.signal);
      return folder;
    },
    {
      ...(options.signal ? { signal: options.signal } : {}),
      onWait: ({ pid }) => progress.line(`waiting for process ${pid}, which builds ${GROUPS[name].what}`),
    },
  );
}

async function build(group: Group, folder: string, progress: Progress, signal?: AbortSignal): Promise<void> {
  const why = await whyNoGo();
  if (why !== undefined) throw new Error(`${group.what} must be built, but ${why}`);
  // Built aside and renamed: a folder with the right name is whole.
  const temporary = `${folder}.tmp`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  let packages = 0;
  const args = argumentsOf(group).toSpliced(1, 0, '-v', '-o', `${temporary}/`);
  await step(
    progress,
    `building ${group.what}`,
    group.usually,
    () =>
      runOk('go', args, {
        cwd: join(recipe, group.module),
        env: goEnvironment(),
        onStderrLine: () => packages++,
        ...(signal ? { signal } : {}),
      }),
    { detail: () => `${packages} packages compiled of ${group.compiled} at most` },
  );
  for (const link of group.links ?? []) await symlink('kube', join(temporary, link));
  await rename(temporary, folder);
}
