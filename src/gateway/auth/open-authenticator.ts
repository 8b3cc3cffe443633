/** Who calls: put together from the gateway's file. */
import type { IncomingHttpHeaders } from 'node:http';
import { resolve } from 'node:path';
import { Counter, type Registry } from 'prom-client';
import type { GatewayFile } from '../../api/files/gateway-file.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Authenticator } from '../parts.ts';
import type { Caller } from '../request.ts';
import { ApiKeys } from './api-keys.ts';
import { anonymousCaller } from './callers.ts';
import { openJwksKeys } from './jwks-keys.ts';
import { followFolder } from './secret-folder.ts';
import { openSecretKeys } from './secret-keys.ts';
import type { TokenKeys } from './token-keys.ts';
import { type TokenRefusal, type TokenVerdict, TokenVerifier } from './token-verifier.ts';

interface Deps {
  /** What the paths of the configuration are relative to. */
  folder: string;
  clock: Clock;
  log: Log;
  metrics: Registry;
}

type Config = NonNullable<GatewayFile['authentication']>;
type Method = 'jwt' | 'apiKey' | 'none' | 'both';
type Result = 'accepted' | 'missing' | 'ambiguous' | 'unknown-key' | TokenRefusal;

/**
 * Without configuration everybody may send every command, called as its x-epp-tenant says; with one that turns no method on nobody may.
 * Secrets that are not there, or wrong, are logged and refuse their callers until they are mended: the gateway itself starts.
 */
export async function openAuthenticator(config: Config | undefined, deps: Deps): Promise<Authenticator> {
  if (!config) return { authenticate: anonymousCaller, close: async () => {} };
  const { jwt, apiKeys: keyFiles } = config;
  const tokenKeys = jwt && (await openKeys(jwt, deps));
  const apiKeys = keyFiles && new ApiKeys(deps.log);
  const folder =
    apiKeys && (await followFolder(resolve(deps.folder, keyFiles.dir), (files) => apiKeys.take(files), deps));
  const tokens = tokenKeys && new TokenVerifier(jwt, tokenKeys, deps.clock);
  const door = new Door({ tokens, apiKeys }, deps);
  return {
    authenticate: (headers) => door.authenticate(headers),
    async close() {
      tokenKeys?.close();
      folder?.close();
    },
  };
}

async function openKeys(
  { jwksUrl, secretDir }: NonNullable<Config['jwt']>,
  deps: Deps,
): Promise<TokenKeys | undefined> {
  if (jwksUrl !== undefined) return openJwksKeys(jwksUrl, deps);
  return secretDir === undefined ? undefined : openSecretKeys(resolve(deps.folder, secretDir), deps);
}

interface Methods {
  tokens: TokenVerifier | undefined;
  apiKeys: ApiKeys | undefined;
}

/** The header of a method that is off counts for nothing. */
class Door {
  readonly #methods: Methods;
  readonly #log: Log;
  readonly #total: Counter;
  readonly #counts = new Map<string, Counter.Internal>();

  constructor(methods: Methods, { log, metrics }: Deps) {
    this.#methods = methods;
    this.#log = log;
    this.#total = new Counter({
      name: 'epp_authentication_total',
      help: 'Requests by what they authenticated with (jwt, apiKey, none, both) and what came of it: accepted, or why not.',
      labelNames: ['method', 'result'],
      registers: [metrics],
    });
  }

  authenticate(headers: IncomingHttpHeaders): Caller | undefined | Promise<Caller | undefined> {
    const { tokens, apiKeys } = this.#methods;
    const authorization = tokens && headers.authorization;
    const apiKey = apiKeys && headers['x-api-key'];
    // which of the two was meant is not for us to guess
    if (authorization !== undefined && apiKey !== undefined) return this.#refuse('both', 'ambiguous');
    if (tokens && authorization !== undefined) {
      const verdict = tokens.verify(authorization);
      return verdict instanceof Promise ? verdict.then((one) => this.#judge(one)) : this.#judge(verdict);
    }
    if (apiKeys && apiKey !== undefined) {
      const caller = typeof apiKey === 'string' ? apiKeys.find(apiKey) : undefined;
      return caller ? this.#accept('apiKey', caller) : this.#refuse('apiKey', 'unknown-key');
    }
    return this.#refuse('none', 'missing');
  }

  #judge(verdict: TokenVerdict): Caller | undefined {
    if ('caller' in verdict) return this.#accept('jwt', verdict.caller);
    const { refusal, subject, claim } = verdict;
    return this.#refuse('jwt', refusal, { caller: subject, claim });
  }

  #accept(method: Method, caller: Caller): Caller {
    this.#count(method, 'accepted');
    return caller;
  }

  /** Told at level info of those alone whose signature is right: anybody can fill a log with the others. */
  #refuse(
    method: Method,
    reason: Result,
    details: { caller?: string | undefined; claim?: string | undefined } = {},
  ): undefined {
    this.#count(method, reason);
    const level = details.caller === undefined ? 'debug' : 'info';
    if (this.#log.isLevelEnabled(level))
      this.#log[level]({ method, reason, ...details }, 'not authenticated');
    return undefined;
  }

  #count(method: Method, result: Result): void {
    const key = `${method} ${result}`;
    let count = this.#counts.get(key);
    if (!count) {
      count = this.#total.labels({ method, result });
      this.#counts.set(key, count);
    }
    count.inc();
  }
}
