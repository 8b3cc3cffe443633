import {
  type GatewayFileInput,
  type GatewayPolicy,
  gatewayFile,
} from '../../../src/api/files/gateway-file.ts';
import type { LoadReport } from '../../../src/api/http/load-report.ts';
import type { GatewayAnswer, GatewayRequest } from '../../../src/gateway/request.ts';

/** A policy with two businesses and one account, and what a test is about. */
export function policyOf(more: Partial<GatewayFileInput> = {}): GatewayPolicy {
  return gatewayFile.parse({
    kind: 'GatewayFile',
    name: 'gateway',
    prefix: 'epp',
    region: 'bj',
    discovery: { mode: 'static', sets: [] },
    businesses: [
      { name: 'core', default: true },
      { name: 'query', commands: ['domain:check', 'domain:info'] },
    ],
    routes: [{ tlds: ['com', 'net'], accounts: [{ name: 'verisign', accreditation: 'acme' }] }],
    ...more,
  });
}

const READS = new Set(['check', 'info']);

export function requestOf(url: string, body: unknown, more: Partial<GatewayRequest> = {}): GatewayRequest {
  const path = (url.split('?')[0] ?? '').split('/').filter((part) => part !== '');
  const [tld = '', first = '', second] = path;
  const [object, command] = second === undefined ? ['domain', first] : [first, second];
  const startMs = more.startMs ?? 0;
  return {
    tld,
    object,
    command,
    upstream: `/${path.join('/')}`,
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    requestId: 'request-1',
    caller: { id: 'anonymous', mayUse: () => true },
    business: READS.has(command) ? 'query' : 'core',
    operation: `${object}:${command}`,
    transform: !READS.has(command),
    startMs,
    deadlineMs: startMs + 10_000,
    ...more,
  };
}

export function answerOf(body: unknown, more: Partial<GatewayAnswer> = {}): GatewayAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
    ...more,
  };
}

/** What an adapter answers a check. */
export function checked(names: Readonly<Record<string, boolean>>, more: object = {}): object {
  return {
    outcome: 'done',
    results: [{ code: 1000, message: 'Command completed successfully' }],
    clTRID: 'EPPSET-1',
    svTRID: 'SV-1',
    data: { cd: Object.entries(names).map(([name, avail]) => ({ name, avail })) },
    ...more,
  };
}

/** What an adapter says of its load. @param accounts granted, busy, waiting */
export function loadOf(accounts: Readonly<Record<string, [number, number, number?]>>): LoadReport {
  return {
    set: 'epp.core.bj',
    stage: 'serving',
    accounts: Object.fromEntries(
      Object.entries(accounts).map(([name, [granted, busy, waiting = 0]]) => [
        name,
        { accreditation: 'acme', granted, open: granted, busy, waiting },
      ]),
    ),
  };
}
