/** An operator as a process of its own, from the bundle that the image has, and what it tells of itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../scripts/build.ts';
import { freePorts } from '../cluster/ports.ts';
import { eventually } from '../support/eventually.ts';

export interface BenchOperator {
  /** Requests so far that were not reads. */
  writes(): Promise<number>;
  cpuSeconds(): Promise<number>;
  /** Megabytes that are resident now, and the most that ever were. */
  memory(): { now: number; peak: number };
  stop(): Promise<void>;
}

export interface Bundle {
  start(kubeconfigPath: string): Promise<BenchOperator>;
  remove(): Promise<void>;
}

export async function operatorBundle(): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'eppset-bench-operator-'));
  await bundle(join(folder, 'dist'));
  return {
    start: (kubeconfigPath) => start(join(folder, 'dist/eppset.js'), kubeconfigPath),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function start(program: string, kubeconfigPath: string): Promise<BenchOperator> {
  const [port = 0] = await freePorts(1);
  // As the image starts it, and with the heap that Node gives itself in the pod of the chart, with its 512 MiB: where
  // memory abounds it takes 128 MB for what is short-lived alone.
  const args = [
    '--max-old-space-size=256',
    '--max-semi-space-size=4',
    '--enable-source-maps',
    program,
    'operator',
    '--kubeconfig',
    kubeconfigPath,
  ];
  // An election on a starved machine ends the operator; its Lease is all that it would write.
  const options = [
    '--no-leader-election',
    '--image',
    'eppset:bench',
    '--http-host',
    '127.0.0.1',
    '--http-port',
    String(port),
  ];
  const child = spawn(process.execPath, [...args, ...options, '--log-level', 'warn'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const ask = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`);
  await eventually(async () => (await ask('/readyz')).ok, {
    timeoutMs: 60_000,
    what: 'the operator is ready',
  });
  return {
    async writes() {
      const text = await (await ask('/metrics')).text();
      const samples = [...text.matchAll(/^rest_client_requests_total\{([^}]*)\} (\S+)$/gm)];
      return samples
        .filter(([, labels = '']) => !labels.includes('method="GET"'))
        .reduce((sum, [, , value]) => sum + Number(value), 0);
    },
    async cpuSeconds() {
      const text = await (await ask('/metrics')).text();
      return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
    },
    memory: () => memoryOf(child),
    stop: () => stopped(child),
  };
}

function memoryOf({ pid }: ChildProcess): { now: number; peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill();
  });
}
