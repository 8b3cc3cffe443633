import type { GatewayFileInput } from '../../../api/files/gateway-file.ts';
import type { EppGateway, EppGatewaySpec } from '../../../api/v1alpha1/gateway.ts';
import { canonicalJson, sha256 } from '../canonical.ts';
import { gatewayObjectNames } from '../names.ts';
import { HTTP_PORT, INTERNAL_TOKEN } from '../pod.ts';

export const GATEWAY_CONFIG_FILE = 'gateway.yaml';
export const AUTH_DIR = '/etc/eppset/auth';

/** Accreditations by the name of the EppRegistry. */
export type Accreditations = ReadonlyMap<string, string>;

/** How far a rollout is. */
export interface RolloutNow {
  percent: number;
  /** Everything takes the legacy path, whatever overrides say. */
  halted: boolean;
  /** Of the guard; undefined without steps. */
  run?: string | undefined;
}

/** The Secrets that say who may call, by the folder below `AUTH_DIR` that each is mounted at. */
export function authSecrets({
  spec: { authentication },
}: EppGateway): { folder: string; secretName: string }[] {
  const jwt = authentication?.jwt?.secretName;
  const apiKeys = authentication?.apiKeys?.secretName;
  return [
    ...(jwt === undefined ? [] : [{ folder: 'jwt', secretName: jwt }]),
    ...(apiKeys === undefined ? [] : [{ folder: 'api-keys', secretName: apiKeys }]),
  ];
}

/** The gateway's file. Throws for a registry that was not resolved. */
export function gatewayFile(
  gateway: EppGateway,
  accreditations: Accreditations,
  rollout: RolloutNow | undefined,
): GatewayFileInput {
  const { name } = gateway.metadata;
  const { spec } = gateway;
  return {
    kind: 'GatewayFile',
    name,
    prefix: spec.prefix,
    region: spec.region,
    http: { host: '0.0.0.0', port: HTTP_PORT },
    discovery: { mode: 'kubernetes', configMap: gatewayObjectNames(name).gateway },
    businesses: spec.businesses,
    routes: spec.routes.map((route) => ({
      tlds: [...route.tlds].sort(),
      accounts: route.registries.map((registry) => account(name, registry, accreditations)),
    })),
    routing: { mode: 'default', strict: spec.strict },
    balancing: spec.balancing,
    ejection: spec.ejection,
    fallback: spec.fallback,
    timeouts: spec.timeouts as GatewayFileInput['timeouts'],
    retries: spec.retries,
    ...(spec.limits && { limits: spec.limits }),
    actions: spec.actions,
    ...(spec.rollout && rollout && { rollout: rolloutOf(spec.rollout, rollout) }),
    ...(spec.degradation && { degradation: spec.degradation }),
    ...(spec.switches && { switches: spec.switches }),
    internalToken: INTERNAL_TOKEN,
    ...(spec.authentication && { authentication: authenticationOf(spec.authentication) }),
    ...(spec.tracing && { tracing: spec.tracing }),
  };
}

/** Changes with what pods read once, when they start; all else they take over while they run. */
export function startChecksum(file: GatewayFileInput): string {
  const { name, prefix, http, discovery, internalToken, authentication, tracing } = file;
  return sha256(canonicalJson({ name, prefix, http, discovery, internalToken, authentication, tracing }));
}

type Registry = EppGatewaySpec['routes'][number]['registries'][number];

function account(gateway: string, { name, weight }: Registry, accreditations: Accreditations) {
  const accreditation = accreditations.get(name);
  if (accreditation === undefined) throw new Error(`EppGateway ${gateway}: EppRegistry ${name} is unknown`);
  return { name, accreditation, ...(weight !== undefined && { weight }) };
}

function rolloutOf(
  spec: NonNullable<EppGatewaySpec['rollout']>,
  { percent, halted, run }: RolloutNow,
): NonNullable<GatewayFileInput['rollout']> {
  const { maxErrorPercent, maxP99Percent, minRequests, window } = spec.bounds;
  return {
    percent,
    ...(spec.key !== undefined && { key: spec.key }),
    ...(spec.legacy && { legacy: spec.legacy }),
    ...(spec.shadow && { shadow: spec.shadow }),
    ...(spec.overrides && !halted && { overrides: spec.overrides }),
    ...(run !== undefined && { guard: { run, maxErrorPercent, maxP99Percent, minRequests, window } }),
  };
}

function authenticationOf({
  jwt,
  apiKeys,
}: NonNullable<EppGatewaySpec['authentication']>): NonNullable<GatewayFileInput['authentication']> {
  return {
    ...(jwt && {
      jwt: {
        issuer: jwt.issuer,
        audience: jwt.audience,
        ...(jwt.jwksUrl !== undefined && { jwksUrl: jwt.jwksUrl }),
        ...(jwt.secretName !== undefined && { secretDir: '../auth/jwt' }),
      },
    }),
    ...(apiKeys && { apiKeys: { dir: '../auth/api-keys' } }),
  };
}
