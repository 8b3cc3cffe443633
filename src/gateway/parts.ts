/** What a gateway is put together from. Each part has a folder of its own; all of them take a changed policy over at once. */
import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayPolicy } from '../api/files/gateway-file.ts';
import type { RolloutReport } from '../api/http/rollout-report.ts';
import type { Caller, GatewayAnswer, GatewayRequest } from './request.ts';

interface Part {
  /** A changed policy: counts from the next request on. */
  take(policy: GatewayPolicy): void;
}

/** Who asks. */
export interface Authenticator {
  /** Undefined: 401. Never rejects. */
  authenticate(headers: IncomingHttpHeaders): Caller | undefined | Promise<Caller | undefined>;
  close(): Promise<void>;
}

export type Admission =
  | { readonly ok: true; readonly release: () => void }
  | {
      readonly ok: false;
      readonly scope: 'caller' | 'business';
      readonly limit: 'rate' | 'concurrency';
      readonly retryAfterSeconds: number;
    };

/** Rates and requests in flight, by caller and by business. */
export interface RequestLimits extends Part {
  admit(caller: string, business: string, nowMs: number): Admission;
}

/** Gives way while the pools of the business that matters are too full. */
export interface Degradation extends Part {
  readonly active: boolean;
  /** Whether a request of this business is refused now. @param draw in [0, 1) */
  sheds(business: string, draw: number): boolean;
  close(): void;
}

/** Check answers that may be given while degradation is active. */
export interface StaleChecks extends Part {
  /** Of a success. */
  keep(request: GatewayRequest, account: string, answer: GatewayAnswer, nowMs: number): void;
  /** With the header `age`; undefined unless every name of the request has an answer that is young enough. */
  find(request: GatewayRequest, account: string, nowMs: number): GatewayAnswer | undefined;
  /** Of every transform, both before it is sent and once it is over: what it may change is not answered from before. */
  forget(request: GatewayRequest, nowMs: number): void;
}

export type ServedPath = 'sets' | 'legacy';

/** The way from the old world to the sets. */
export interface Migration extends Part {
  /** Which path this request takes. @param tld canonical */
  pathOf(request: GatewayRequest, tld: string): ServedPath;
  /** What became of a request on its path. A failure is a status of 500 and above. */
  served(path: ServedPath, result: { readonly ms: number; readonly failed: boolean }): void;
  /** Sends it to the legacy URL as it came. Never rejects: what goes wrong is a problem, with its outcome. */
  toLegacy(request: GatewayRequest): Promise<GatewayAnswer>;
  /** Copies a read that the legacy path served to the sets, where the share says so, and reports differences. Returns at once. */
  shadow(request: GatewayRequest, legacy: GatewayAnswer): void;
  report(): RolloutReport;
  close(): Promise<void>;
}

/** Spans of the gateway; without tracing a part that does nothing. */
export interface Tracing {
  /** Undefined where nothing is traced. */
  begin(request: {
    readonly headers: IncomingHttpHeaders;
    readonly operation: string;
  }): RequestSpan | undefined;
  close(): Promise<void>;
}

export interface RequestSpan {
  /** For the next hop. */
  readonly traceparent: string;
  readonly tracestate?: string;
  /** Attributes by OpenTelemetry's semantic conventions and ours (`eppset.set`, `eppset.level`, …). */
  end(result: {
    readonly status: number;
    readonly attributes?: Readonly<Record<string, string | number>>;
  }): void;
}
