/** One upstream with a gateway and Debian's nginx before it, each a process of its own on loopback. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { GatewayFileInput } from '../../src/api/files/gateway-file.ts';
import { installMissing } from '../cluster/apt.ts';
import { toStderr } from '../cluster/progress.ts';
import { eventually } from '../support/eventually.ts';

export interface Served {
  url: string;
  /** That its process has used so far, user and system. */
  cpuSeconds(): number;
}

export interface GatewayStage {
  direct: { url: string };
  gateway: Served;
  nginx: Served;
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const UPSTREAM = fileURLToPath(new URL('./gateway-upstream.ts', import.meta.url));

export async function startGatewayStage(): Promise<GatewayStage> {
  await installMissing({ nginx: 'nginx' }, toStderr);
  const folder = await mkdtemp(join(tmpdir(), 'eppset-bench-gateway-'));
  const children: ChildProcess[] = [];
  const stop = async () => {
    await Promise.all(children.map(ended));
    await rm(folder, { recursive: true });
  };
  try {
    const upstream = fork(UPSTREAM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    children.push(upstream);
    const upstreamPort = await new Promise<number>((resolve) =>
      upstream.once('message', (told) => resolve((told as { port: number }).port)),
    );
    const [gatewayPort, nginxPort] = [await freePort(), await freePort()];
    const config = join(folder, 'gateway.yaml');
    await writeFile(config, stringify(gatewayConfig(gatewayPort, upstreamPort)));
    const gateway = spawn(process.execPath, [MAIN, 'gateway', '--config', config], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.push(gateway);
    const nginxFile = join(folder, 'nginx.conf');
    await writeFile(nginxFile, nginxConfig(folder, nginxPort, upstreamPort));
    const nginx = spawn('nginx', ['-c', nginxFile, '-p', folder], { stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(nginx);
    const urlOf = (port: number) => `http://127.0.0.1:${port}`;
    await eventually(async () => (await fetch(`${urlOf(gatewayPort)}/readyz`)).ok, { what: 'the gateway' });
    await eventually(async () => (await fetch(urlOf(nginxPort), { method: 'POST' })).ok, { what: 'nginx' });
    return {
      direct: { url: urlOf(upstreamPort) },
      gateway: { url: urlOf(gatewayPort), cpuSeconds: () => cpuSecondsOf(gateway) },
      nginx: { url: urlOf(nginxPort), cpuSeconds: () => cpuSecondsOf(nginx) },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function gatewayConfig(port: number, upstreamPort: number): GatewayFileInput {
  return {
    kind: 'GatewayFile',
    name: 'bench',
    prefix: 'epp',
    region: 'bench',
    http: { host: '127.0.0.1', port },
    discovery: {
      mode: 'static',
      sets: [{ set: 'epp.core.bench', endpoints: [`http://127.0.0.1:${upstreamPort}`] }],
    },
    businesses: [{ name: 'core', default: true }],
    routes: [{ tlds: ['com'], accounts: [{ name: 'verisign-acme', accreditation: 'acme' }] }],
  };
}

/** One process that does all the work, so that its CPU time is all there is. */
function nginxConfig(folder: string, port: number, upstreamPort: number): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join('\n  ');
  return `worker_processes 1;
master_process off;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  ${temp}
  upstream adapters {
    server 127.0.0.1:${upstreamPort};
    keepalive 256;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://adapters;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`;
}

/** From /proc, in ticks of 10 ms: utime and stime, fields 14 and 15. */
function cpuSecondsOf({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once('exit', () => resolve());
    // the gateway's own end takes the grace of a rollout: nothing here needs it
    child.kill('SIGKILL');
  });
}
