/** What is known of a request on its way, for its headers, the metrics and the log. */
import type { TraceContext } from '../lib/trace-context.ts';
import type { ServedPath } from './parts.ts';
import type { GatewayProblemCode } from './problems.ts';
import type { OperationRules } from './rules.ts';

export class Progress {
  readonly startMs: number;
  readonly requestId: string;
  trace: TraceContext | undefined;
  caller: string | undefined;
  /** Canonical. */
  tld: string | undefined;
  rules: OperationRules | undefined;
  path: ServedPath | undefined;
  account: string | undefined;
  /** Of the instance that was asked last. */
  set: string | undefined;
  level: string | undefined;
  instance: string | undefined;
  /** Times that it was sent, or tried to be. */
  attempts = 0;
  /** When the path that was taken had its answer, on the monotonic clock. */
  answeredMs: number | undefined;
  /** Of the gateway's own answer. */
  code: GatewayProblemCode | undefined;
  /** The caller has closed the connection: nothing more is sent. */
  gone = false;
  /** Takes back what is under way. */
  cancel: (() => void) | undefined;

  constructor(startMs: number, requestId: string) {
    this.startMs = startMs;
    this.requestId = requestId;
  }
}
