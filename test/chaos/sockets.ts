/**
 * Who is connected to a registry, by the kernel's word: the table of TCP connections in the simulator's network namespace. It needs
 * neither the adapters nor the API server, both of which are what is broken here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { PodProcess } from '../cluster/pods.ts';

/** Connections to the registry by the address of the other end. */
export type Connections = ReadonlyMap<string, number>;

const EPP_PORT = 7000;
const ESTABLISHED = '01';

/** Remote addresses of the established connections to `port`, from rows of /proc/net/tcp (IPv4). */
export function readTable(rows: readonly string[], port: number = EPP_PORT): Connections {
  const found = new Map<string, number>();
  for (const row of rows) {
    const [, local = '', remote = '', state] = row.trim().split(/\s+/);
    if (state !== ESTABLISHED || Number.parseInt(local.split(':')[1] ?? '', 16) !== port) continue;
    const address = addressOf(remote.split(':')[0] ?? '');
    found.set(address, (found.get(address) ?? 0) + 1);
  }
  return found;
}

/** The kernel writes the four bytes as one little-endian number: `0100F40A` is 10.244.0.1. */
function addressOf(hex: string): string {
  const bytes = hex.match(/../g) ?? [];
  return bytes
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}

/** Prints the tables of all processes named as arguments (`name=pid`), again and again, until its standard input ends. No process a round. */
const SCRIPT = `while :; do
  for one in "$@"; do
    echo "@ \${one%%=*}"
    mapfile -t rows < "/proc/\${one##*=}/net/tcp" && printf '%s\\n' "\${rows[@]:1}"
  done
  echo .
  read -r -t 0.2 _
  [ $? -gt 128 ] || exit 0
done`;

export interface SocketWatch {
  stop(): void;
}

/**
 * Watches the tables of simulators, which stand on one node. `onSample` gets those of all of them a few times a second, by name.
 */
export function watchSockets(
  where: { env: NodeJS.ProcessEnv; simulators: ReadonlyMap<string, PodProcess> },
  onSample: (sample: ReadonlyMap<string, Connections>) => void,
): SocketWatch {
  const [node] = [...where.simulators.values()].map(({ node }) => node);
  const names = [...where.simulators].map(([name, { pid }]) => `${name}=${pid}`);
  const args = ['exec', '--interactive', node ?? '', 'bash', '-c', SCRIPT, 'bash', ...names];
  const child: ChildProcess = spawn('docker', args, { env: where.env, stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin?.on('error', () => {});
  let sample = new Map<string, Connections>();
  let name = '';
  let rows: string[] = [];
  const close = () => {
    if (name !== '') sample.set(name, readTable(rows));
    rows = [];
  };
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === '.') {
        close();
        onSample(sample);
        sample = new Map();
        name = '';
      } else if (line.startsWith('@ ')) {
        close();
        name = line.slice(2);
      } else rows.push(line);
    });
  }
  return {
    stop: () => {
      child.stdin?.end();
      child.stdout?.destroy();
    },
  };
}
