/** A request of a business service on its way through the gateway, and what it is answered with. */
import type { IncomingHttpHeaders } from 'node:http';

/** Read from the path, the method and the headers; nothing of the body is checked here: the adapter does that, by its schemas. */
export interface CommandPath {
  /** As written, in any spelling. */
  readonly tld: string;
  /** `domain`, `host`, `contact`, … */
  readonly object: string;
  /** `check`, `create`, …, `poll`, `raw`. */
  readonly command: string;
  /** Of a path or a header that names a set; goes there and nowhere else. */
  readonly set?: string;
  /** What adapters are asked: `/com/check`, `/com/host/create`. */
  readonly upstream: string;
}

/** Who asks. Without authentication: what x-epp-tenant says, or `anonymous`. */
export interface Caller {
  readonly id: string;
  mayUse(business: string, tld: string): boolean;
}

export interface GatewayRequest extends CommandPath {
  readonly method: 'POST';
  /** As it came: path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly requestId: string;
  readonly caller: Caller;
  readonly business: string;
  /** `object:command`, `poll` alone: key of timeouts and metrics. */
  readonly operation: string;
  /** Whether the command changes something, as far as can be told without its body; true for `raw` that is not read. */
  readonly transform: boolean;
  /** On the monotonic clock, in milliseconds. */
  readonly startMs: number;
  readonly deadlineMs: number;
}

export type Outcome = 'done' | 'not-sent' | 'unknown';

/** Of a set, of the legacy path, or of the gateway itself. */
export interface GatewayAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}
