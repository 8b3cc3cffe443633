/** A real Prometheus, as Debian has it, for a test that asks it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { installMissing } from '../cluster/apt.ts';
import { freePorts } from '../cluster/ports.ts';
import { toStderr } from '../cluster/progress.ts';
import { eventually } from '../support/eventually.ts';
import type { RuleGroups } from './rules.ts';

export interface Target {
  job: string;
  /** `host:port`. */
  address: string;
  labels: Readonly<Record<string, string>>;
}

export interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

export interface Prometheus {
  /** The series that a query finds now. Rejects with what Prometheus says of one that it cannot run. */
  query(expr: string): Promise<Sample[]>;
  /** Of an address of its API, below `/api/v1/`. */
  get<T>(path: string): Promise<T>;
  close(): Promise<void>;
}

const EVERY = '1s';
const HOST = '127.0.0.1';

/** Scrapes and evaluates each second. */
export async function startPrometheus(
  targets: readonly Target[],
  rules: ReadonlyMap<string, RuleGroups>,
): Promise<Prometheus> {
  await installMissing({ prometheus: 'prometheus' }, toStderr);
  const folder = await mkdtemp(join(tmpdir(), 'eppset-prometheus-'));
  for (const [name, text] of rules) await writeFile(join(folder, name), stringify(text));
  const config = {
    global: { scrape_interval: EVERY, scrape_timeout: EVERY, evaluation_interval: EVERY },
    rule_files: [...rules.keys()],
    scrape_configs: [...new Set(targets.map(({ job }) => job))].map((job) => ({
      job_name: job,
      // As the chart's ServiceMonitor and PodMonitors
      honor_labels: job === 'eppset-operator',
      static_configs: targets
        .filter((target) => target.job === job)
        .map(({ address, labels }) => ({ targets: [address], labels })),
    })),
  };
  await writeFile(join(folder, 'prometheus.yml'), stringify(config));
  const [port = 0] = await freePorts(1);
  const child = spawn(
    'prometheus',
    ['--config.file=prometheus.yml', '--storage.tsdb.path=data', `--web.listen-address=${HOST}:${port}`],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4_000);
  });
  const url = `http://${HOST}:${port}`;
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`prometheus ended: ${said}`);
      return (await fetch(`${url}/-/ready`)).ok;
    });
  } catch (error) {
    await close();
    throw new Error(`prometheus is not ready: ${said}`, { cause: error });
  }
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}/api/v1/${path}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== 'success') throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  };
  return {
    get,
    async query(expr) {
      return (await get<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`)).result;
    },
    close,
  };
}
