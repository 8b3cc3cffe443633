/** What the versions of the fee extension differ in, and the JSON that they have in common: that of RFC 8748. */

export interface FeeVersion {
  /** For messages. */
  readonly name: string;
  /** A check asks for the fees of several commands at once. */
  readonly manyCommands: boolean;
  /** A command of a check is text between its siblings (`<command>create</command>`), not an element with a name. */
  readonly flat: boolean;
  /** What a command of a check may say beyond RFC 8748. */
  readonly checkFields: readonly ('class' | 'date' | 'currency' | 'names')[];
  /** An info may ask for the fees of a command. */
  readonly info: boolean;
  /** A command that costs must name its currency. */
  readonly currencyRequired: boolean;
  readonly credits: boolean;
  /** Descriptions have a language. */
  readonly lang: boolean;
}

const newest: FeeVersion = {
  name: 'fee-1.0',
  manyCommands: true,
  flat: false,
  checkFields: [],
  info: false,
  currencyRequired: false,
  credits: true,
  lang: true,
};

const FEE_0_6 = 'urn:ietf:params:xml:ns:fee-0.6';
const FEE_0_11 = 'urn:ietf:params:xml:ns:fee-0.11';
const FEE_0_12 = 'urn:ietf:params:xml:ns:fee-0.12';
const FEE_0_21 = 'urn:ietf:params:xml:ns:fee-0.21';
const FEE_1_0 = 'urn:ietf:params:xml:ns:epp:fee-1.0';

/** By namespace, the newest first. */
const VERSIONS: Readonly<Record<string, FeeVersion>> = {
  [FEE_1_0]: newest,
  [FEE_0_21]: { ...newest, name: 'fee-0.21', lang: false },
  [FEE_0_12]: { ...newest, name: 'fee-0.12', lang: false, checkFields: ['class', 'date'] },
  [FEE_0_11]: {
    ...newest,
    name: 'fee-0.11',
    lang: false,
    manyCommands: false,
    flat: true,
    checkFields: ['class'],
  },
  [FEE_0_6]: {
    name: 'fee-0.6',
    manyCommands: true,
    flat: true,
    checkFields: ['currency', 'names'],
    info: true,
    currencyRequired: true,
    credits: false,
    lang: false,
  },
};

export const FEE_URIS: readonly string[] = Object.keys(VERSIONS);

export const versionOf = (uri: string): FeeVersion => VERSIONS[uri] ?? newest;

/** By how the version writes checks and their answers. */
export function byVersion<T>(
  uri: string,
  shapes: { '0.6': T; '0.11': T; '0.12': T; '0.21': T; '1.0': T },
): T {
  if (uri === FEE_0_6) return shapes['0.6'];
  if (uri === FEE_0_11) return shapes['0.11'];
  if (uri === FEE_0_12) return shapes['0.12'];
  return uri === FEE_0_21 ? shapes['0.21'] : shapes['1.0'];
}

export interface FeePeriod {
  unit: 'y' | 'm';
  value: number;
}

/** A command whose fees are asked for or told. */
export interface FeeCommandName {
  /** One of RFC 8748's, or `custom` with `customName`. */
  name: string;
  customName?: string;
  /** Launch phase (RFC 8334). */
  phase?: string;
  subphase?: string;
}

export interface FeeCheckedCommand extends FeeCommandName {
  period?: FeePeriod;
  /** fee-0.11 and fee-0.12 alone. */
  class?: string;
  /** fee-0.12 alone. */
  date?: string;
  /** fee-0.6 alone, where commands differ. */
  currency?: string;
  /** fee-0.6 alone: of the check, where not all. */
  names?: string[];
}

/** `extensions.fee` of a check, and of an info in fee-0.6. */
export interface FeeCheck {
  currency?: string;
  commands: FeeCheckedCommand[];
}

/** Amounts are decimals, as they were written. */
export interface FeeAmount {
  value: string;
  description?: string;
  lang?: string;
  refundable?: boolean;
  'grace-period'?: string;
  applied?: string;
}

/** `extensions.fee` of a command that costs. */
export interface FeeTransform {
  currency?: string;
  fees: FeeAmount[];
  credits?: FeeAmount[];
}

/** `creData`, `renData`, `trnData`, `updData` and `delData`. */
export interface FeeTransformResult {
  currency?: string;
  period?: FeePeriod;
  fees?: FeeAmount[];
  credits?: FeeAmount[];
  balance?: string;
  creditLimit?: string;
}

/** What one command costs. */
export interface FeeOfCommand extends FeeCommandName {
  /** True where the fee is not that of a premium name; fee-1.0 alone. */
  standard?: boolean;
  period?: FeePeriod;
  fees?: FeeAmount[];
  credits?: FeeAmount[];
  reason?: string;
  /** Where commands of one object differ in it; else it stands with the object. */
  avail?: boolean;
  class?: string;
  currency?: string;
  date?: string;
  notAfter?: string;
}

/** The fees of one object. */
export interface FeeObject {
  objID: string;
  /** The object's identifying element where it is not `name`. */
  element?: string;
  /** False where no fee can be told; `reason` says why. */
  avail: boolean;
  class?: string;
  /** Where objects differ in it; else it stands above. */
  currency?: string;
  commands?: FeeOfCommand[];
  reason?: string;
}

/** `chkData`. */
export interface FeeCheckData {
  currency?: string;
  cd: FeeObject[];
}

/** A command's name where it is plain text: the registry's own names stand for themselves there. */
export const plainName = ({ name, customName }: FeeCommandName): string =>
  name === 'custom' && customName !== undefined ? customName : name;

const NAMES = ['create', 'delete', 'renew', 'update', 'transfer', 'restore', 'custom'];

/** The way back from plain text. */
export const namedBy = (plain: string): Pick<FeeCommandName, 'name' | 'customName'> =>
  NAMES.includes(plain) ? { name: plain } : { name: 'custom', customName: plain };
