/** Parts that do nothing: what a gateway has where its file asks for no more. */
import { anonymousCaller } from './auth/callers.ts';
import type { Authenticator, Degradation, Migration, RequestLimits, StaleChecks, Tracing } from './parts.ts';
import type { GatewayAnswer } from './request.ts';

export interface GatewayParts {
  authenticator: Authenticator;
  limits: RequestLimits;
  degradation: Degradation;
  staleChecks: StaleChecks;
  migration: Migration;
  tracing: Tracing;
}

const ADMITTED = { ok: true, release() {} } as const;
/** Everybody is who x-epp-tenant says. */
export const anyCaller: Authenticator = { authenticate: anonymousCaller, async close() {} };

export const noLimits: RequestLimits = { take() {}, admit: () => ADMITTED };

export const neverDegraded: Degradation = { active: false, sheds: () => false, take() {}, close() {} };

export const noStaleChecks: StaleChecks = { keep() {}, find: () => undefined, forget() {}, take() {} };

const EMPTY = { requests: 0, failures: 0 };

export const allSets: Migration = {
  take() {},
  pathOf: () => 'sets',
  served() {},
  toLegacy: (): Promise<GatewayAnswer> => Promise.reject(new Error('there is no legacy path')),
  shadow() {},
  report: () => ({ percent: 100, sets: EMPTY, legacy: EMPTY }),
  async close() {},
};

export const noTracing: Tracing = { begin: () => undefined, async close() {} };

export const INERT: GatewayParts = {
  authenticator: anyCaller,
  limits: noLimits,
  degradation: neverDegraded,
  staleChecks: noStaleChecks,
  migration: allSets,
  tracing: noTracing,
};
