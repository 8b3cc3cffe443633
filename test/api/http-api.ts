/** Plain HTTP to a test API server: what a test needs to see (status codes, warnings, causes) and a client would hide. */
import { Agent, request } from 'node:https';
import type { ApiAddress } from '../cluster/api-access.ts';

export interface ApiAnswer {
  code: number;
  /** Texts of `Warning` headers. */
  warnings: string[];
  body: ApiBody;
}

export interface ApiBody extends Record<string, unknown> {
  message?: string;
  details?: { causes?: { field?: string; message?: string }[] };
}

export type HttpApi = (method: string, path: string, body?: unknown) => Promise<ApiAnswer>;

export function httpApi(server: ApiAddress): { call: HttpApi; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ...server.adminTls });
  const call: HttpApi = (method, path, body) =>
    new Promise((resolve, reject) => {
      // Server-side apply takes JSON for the YAML that it is.
      const contentType = method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json';
      const outgoing = request(
        new URL(path, server.url),
        { method, agent, headers: { 'content-type': contentType }, timeout: 30_000 },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (part: string) => {
            text += part;
          });
          answer.on('error', reject);
          answer.on('end', () => {
            const warning = answer.headers.warning ?? [];
            resolve({
              code: answer.statusCode ?? 0,
              warnings: Array.isArray(warning) ? warning : [warning],
              body: JSON.parse(text) as ApiBody,
            });
          });
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer within 30 s`)));
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return { call, close: () => agent.destroy() };
}
