/** Judges each new text of the gateway's file while it runs: a good one is handed on, a wrong one changes nothing but is told. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { GatewayFile, GatewayPolicy } from '../../api/files/gateway-file.ts';
import { describeProblems } from '../../api/problems.ts';
import { canonicalJson } from '../../lib/canonical-json.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { readGatewayText } from './gateway-text.ts';

/** What is read once, when the process starts. */
const AT_START = [
  'name',
  'prefix',
  'http',
  'discovery',
  'internalToken',
  'authentication',
  'tracing',
] as const satisfies (keyof GatewayFile)[];

export interface PolicyKeeperOptions {
  /** What the process started with. */
  first: { text: string; file: GatewayFile };
  /** Told of each policy that differs from the one before. */
  take(policy: GatewayPolicy): void;
  log: Log;
  metrics: Registry;
}

export class PolicyKeeper {
  readonly #started: GatewayFile;
  readonly #take: (policy: GatewayPolicy) => void;
  readonly #log: Log;
  readonly #errors: Counter;
  readonly #valid: Gauge;
  /** The last text or trouble: the same again is no news. */
  #seen: string;
  /** What is in force. */
  #policy: string;

  constructor({ first, take, log, metrics }: PolicyKeeperOptions) {
    this.#started = first.file;
    this.#take = take;
    this.#log = log;
    this.#seen = `text ${first.text}`;
    this.#policy = canonicalJson(policyOf(first.file));
    const registers = [metrics];
    this.#errors = new Counter({
      name: 'epp_gateway_config_errors_total',
      help: 'Texts of the configuration that could not be taken over; the one before stayed in force.',
      registers,
    });
    this.#valid = new Gauge({
      name: 'epp_gateway_config_valid',
      help: '1 while the latest configuration is the one in force, 0 while it is wrong or cannot be read.',
      registers,
    });
    this.#valid.set(1);
  }

  /** Takes a text over if it is good and says something new. Never throws. */
  offer(text: string): void {
    if (!this.#isNews(`text ${text}`)) return;
    const parsed = readGatewayText(text);
    if (!parsed.ok) {
      this.#keep({ problems: parsed.problems.slice(0, 20) }, describeProblems(parsed.problems));
      return;
    }
    this.#valid.set(1);
    this.#tellOfRestart(parsed.value);
    const { name, prefix } = this.#started;
    const policy = { ...policyOf(parsed.value), name, prefix };
    const told = canonicalJson(policy);
    if (told === this.#policy) return;
    try {
      this.#take(policy);
      this.#policy = told;
      this.#log.info({}, 'the changed configuration is in force');
    } catch (error) {
      this.#keep({}, `a part of the gateway refused it: ${messageOf(error)}`);
    }
  }

  /** There is no text to judge. */
  missing(why: string): void {
    if (this.#isNews(`missing ${why}`)) this.#keep({}, why);
  }

  #isNews(seen: string): boolean {
    const news = seen !== this.#seen;
    this.#seen = seen;
    return news;
  }

  #keep(fields: object, why: string): void {
    this.#errors.inc();
    this.#valid.set(0);
    this.#log.error(fields, `the configuration stays as it was, the new one is wrong: ${why}`);
  }

  #tellOfRestart(next: GatewayFile): void {
    const fields = AT_START.filter(
      (field) => canonicalJson([next[field]]) !== canonicalJson([this.#started[field]]),
    );
    if (fields.length > 0)
      this.#log.warn(
        { fields },
        `takes a restart: ${fields.join(', ')} changed; until then they stay as they are`,
      );
  }
}

function policyOf(file: GatewayFile): GatewayPolicy {
  const {
    http: _http,
    discovery: _discovery,
    internalToken: _token,
    authentication: _authentication,
    tracing: _tracing,
    ...policy
  } = file;
  return policy;
}
