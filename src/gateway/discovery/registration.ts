/** Instances outside the cluster that say themselves that they are there, and say so again and again. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import { parseSetName } from '../../routing/set-name.ts';
import type { InstanceState } from '../instance.ts';
import { setName } from './read-request.ts';
import { DEFAULT_WEIGHT } from './slice-instances.ts';

export interface Registration {
  readonly set: string;
  /** IPv4, or IPv6 in its canonical form. */
  readonly address: string;
  readonly port: number;
  /** It is dead when it was silent for three of these. */
  readonly ttlSeconds: number;
  readonly weight: number;
}

export interface RegisteredInstance extends Registration {
  readonly id: string;
  readonly state: InstanceState;
}

/** Methods reject while registrations cannot be reached; undefined or false where there is no such id. */
export interface RegistrationStore {
  /** Rejects with RegistrationRefused when there are too many. */
  register(registration: Registration): Promise<RegisteredInstance>;
  /** Counts as a heartbeat. Rejects with RegistrationRefused for what cannot be changed. */
  update(id: string, registration: Registration): Promise<RegisteredInstance | undefined>;
  heartbeat(id: string): Promise<boolean>;
  remove(id: string): Promise<boolean>;
  get(id: string): Promise<RegisteredInstance | undefined>;
}

/** The message is for whoever registers. */
export class RegistrationRefused extends Error {
  override readonly name = 'RegistrationRefused';
  /** The field to mend; undefined where there is no room. */
  readonly field: string | undefined;

  constructor(message: string, field?: string) {
    super(message);
    this.field = field;
  }
}

/** At once, in all. */
export const MAX_REGISTERED = 1_000;
/** After so many TTLs without a heartbeat it is dead. */
export const DEAD_AFTER_TTLS = 3;
/** And so long after that it is forgotten. */
export const FORGOTTEN_AFTER_MS = 60_000;

export const ID = /^[0-9a-f]{16}$/;

/** What EndpointSlices refuse, since it means another host on each host, or none. */
const REFUSED = new BlockList();
REFUSED.addSubnet('0.0.0.0', 8);
REFUSED.addSubnet('127.0.0.0', 8);
REFUSED.addSubnet('169.254.0.0', 16);
REFUSED.addSubnet('224.0.0.0', 4);
REFUSED.addAddress('255.255.255.255');
REFUSED.addAddress('::', 'ipv6');
REFUSED.addAddress('::1', 'ipv6');
REFUSED.addSubnet('fe80::', 10, 'ipv6');
REFUSED.addSubnet('ff00::', 8, 'ipv6');

const address = z
  .string()
  .max(64)
  .superRefine((text, context) => {
    const message = addressProblem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .transform(canonical);

function addressProblem(text: string): string | undefined {
  const v6 = isIPv6(text);
  if ((!v6 && !isIPv4(text)) || text.includes('%'))
    return 'must be an IP address: names are not looked up here, since an EndpointSlice holds addresses';
  return REFUSED.check(text, v6 ? 'ipv6' : 'ipv4') || canonical(text).startsWith('::ffff:')
    ? 'must be an address that other hosts reach: not loopback, link-local, multicast, unspecified or IPv4 written as IPv6'
    : undefined;
}

function canonical(text: string): string {
  return isIPv6(text) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text;
}

/** `host` is another word for `address`. @param prefix of the sets that the gateway sees */
export function registrationBody(prefix: string): z.ZodType<Registration> {
  return z
    .strictObject({
      set: setName.refine((text) => (parseSetName(text)?.prefix ?? prefix) === prefix, {
        message: `must begin with ${prefix}.: this gateway sees no other sets`,
      }),
      address: address.optional(),
      host: address.optional(),
      port: z.int().min(1).max(65535),
      ttlSeconds: z.int().min(1).max(60),
      weight: z.int().min(0).max(10_000).default(DEFAULT_WEIGHT),
    })
    .refine(({ address, host }) => (address === undefined) !== (host === undefined), {
      path: ['address'],
      message: 'is needed, or host instead: one of the two',
    })
    .transform(({ address, host, ...rest }) => ({ ...rest, address: address ?? host ?? '' }));
}
