/** nginx as an L4 stream proxy to one registry. TLS passes through it unread. */
import { isIP } from 'node:net';

/** Where the proxies listen. */
export const EGRESS_PORT = 7000;
/** Where they answer probes: one on the other port would open a connection at the registry. */
export const PROBE_PORT = 7001;

export interface NginxConfOptions {
  /** For the log. */
  registry: string;
  host: string;
  port: number;
  /** After which the registry drops a silent connection. */
  idleTimeoutSeconds: number;
  /** What the registry allows: any proxy may have to carry all of them. */
  limit: number;
  /** What it listens on: all addresses by default, written as nginx does. */
  listen?: readonly string[];
  probe?: readonly string[];
  /** Where it may write. */
  folder?: string;
  /** A file, where a line goes for each stream that ended. */
  log?: string;
  /** Shared objects to load, where the stream module is one. */
  modules?: readonly string[];
}

/** Each stream is two connections, and a registry's may be twice there while they move from proxy to proxy. */
const CONNECTIONS_EACH = 4;
/** Beyond the registry's own time, so that nginx never is the first to close. */
const BEYOND_IDLE_SECONDS = 60;

/**
 * The file. It includes `resolver.conf` of its folder, written at the start by `RESOLVER_SCRIPT`, where the host is a name that may move.
 */
export function nginxConf(options: NginxConfOptions): string {
  const { registry, host, port, idleTimeoutSeconds, limit, folder = '/tmp', log = '/dev/stdout' } = options;
  const listen = options.listen ?? [`${EGRESS_PORT}`, `[::]:${EGRESS_PORT}`];
  const probe = options.probe ?? [`${PROBE_PORT}`, `[::]:${PROBE_PORT}`];
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const moves = mayMove(host);
  return `${[
    ...(options.modules ?? []).map((file) => `load_module ${file};`),
    'worker_processes 1;',
    `pid ${folder}/nginx.pid;`,
    'error_log stderr warn;',
    'events {',
    `  worker_connections ${CONNECTIONS_EACH * limit + 128};`,
    '}',
    'stream {',
    '  log_format session escape=json \'{"time":"$time_iso8601","registry":"' +
      `${registry}","client":"$remote_addr","upstream":"$upstream_addr",` +
      '"status":$status,"seconds":$session_time,"sent":"$upstream_bytes_sent","received":"$upstream_bytes_received"}\';',
    `  access_log ${log} session;`,
    ...(moves
      ? [
          `  include ${folder}/resolver.conf;`,
          '  resolver_timeout 5s;',
          // A name in a variable is looked up again when its time to live is over; any other at the start alone.
          `  map $server_port $registry { default "${target}"; }`,
        ]
      : []),
    '  server {',
    // An adapter whose node vanished sends no FIN: its stream ends within a minute, and with it the connection at the registry.
    ...listen.map((address) => `    listen ${address} so_keepalive=30s:10s:3;`),
    `    proxy_pass ${moves ? '$registry' : target};`,
    '    proxy_connect_timeout 10s;',
    `    proxy_timeout ${idleTimeoutSeconds + BEYOND_IDLE_SECONDS}s;`,
    // One connection of an adapter must never be two at the registry.
    '    proxy_next_upstream off;',
    // A vanished adapter must not be kept alive at the registry.
    '    proxy_socket_keepalive off;',
    '  }',
    '  server {',
    ...probe.map((address) => `    listen ${address};`),
    '    access_log off;',
    '    return ok;',
    '  }',
    '}',
  ].join('\n')}\n`;
}

/**
 * Names that nginx has to look up again. It knows no search domains: what needs them is a Service of this cluster, whose address stays, and
 * the system finds it at the start.
 */
function mayMove(host: string): boolean {
  return isIP(host) === 0 && host.includes('.') && !host.endsWith('.svc');
}

/**
 * Writes `resolver.conf` from the pod's own name servers. Without an IPv6 address of its own a pod does not ask for others': each attempt to
 * reach one would cost a slot of the budget.
 */
export const RESOLVER_SCRIPT = [
  'v6=off',
  'awk \'$4=="00" && $6!="lo"{f=1} END{exit !f}\' /proc/net/if_inet6 2>/dev/null && v6=on',
  'awk -v v6=$v6 \'/^nameserver/{a=index($2,":")?"["$2"]":$2; s=s" "a} END{print "resolver" s " ipv6=" v6 ";"}\' /etc/resolv.conf',
].join('\n');
