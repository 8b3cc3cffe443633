/** Which path a request of a rollout takes. Pure. */
import type { GatewayPolicy } from '../../api/files/gateway-file.ts';
import { canonicalName } from '../../routing/domain-name.ts';
import { takes } from '../../routing/rollout.ts';
import type { ServedPath } from '../parts.ts';
import type { GatewayRequest } from '../request.ts';

type Rollout = GatewayPolicy['rollout'];
type Asked = Pick<GatewayRequest, 'business' | 'headers' | 'requestId'>;

/** By the policy as it is in the file; whether the bounds were broken is another matter. */
export class PathChoice {
  readonly #rollout: Rollout;
  readonly #overrides: readonly {
    business?: string | undefined;
    tld?: string | undefined;
    percent: number;
  }[];
  readonly #header: string | undefined;

  constructor(rollout: Rollout) {
    this.#rollout = rollout;
    this.#overrides = rollout.overrides.map(({ tld, ...rest }) => ({
      ...rest,
      ...(tld === undefined ? {} : { tld: canonicalName(tld) ?? tld }),
    }));
    this.#header = rollout.key === undefined ? undefined : `x-epp-factor-${rollout.key.toLowerCase()}`;
  }

  /** @param tld canonical */
  of(request: Asked, tld: string): ServedPath {
    return takes(this.#keyOf(request), this.#percentOf(request.business, tld)) ? 'sets' : 'legacy';
  }

  #percentOf(business: string, tld: string): number {
    const own = this.#overrides.find(
      (one) => (one.business ?? business) === business && (one.tld ?? tld) === tld,
    );
    return (own ?? this.#rollout).percent;
  }

  /** A request that does not carry the routing factor is a customer of its own. */
  #keyOf({ headers, requestId }: Asked): string {
    const factor = this.#header === undefined ? undefined : headers[this.#header];
    return factor === undefined || factor === '' ? requestId : String(factor);
  }
}
