/** What stands in `<resData>` by registries' own mappings. Amounts are decimals as strings, in the registry's currency. */
import { attribute, type Content, integer, many, one, own, record } from '../mapping.ts';
import * as structures from '../structures.ts';

/** `balance:infData` (Verisign, balance-1.0). */
export interface BalanceInfoData {
  creditLimit: string;
  balance: string;
  availableCredit: string;
  /** Below which the registry warns: an amount, or a percentage of the limit. */
  creditThreshold: { fixed?: string; percent?: number };
}
/** `finance:infData` (Identity Digital, finance-1.1). */
export interface FinanceInfoData {
  /** One for each currency. */
  wallets?: { code: string; balance: string; thresholds?: { type: string; value: string }[] }[];
}
/** `rgpPoll:pollData`: a domain needs a restore report (Verisign, rgp-poll-1.0). */
export interface RgpPollData {
  name: string;
  rgpStatus: { s: string; lang?: string; text?: string };
  reqDate: string;
  reportDueDate: string;
}
/** `lowbalancePoll:pollData` (Verisign, lowbalance-poll-1.0). */
export interface LowBalancePollData {
  registrarName: string;
  creditLimit: string;
  creditThreshold: { type: 'FIXED' | 'PERCENT'; value: string };
  availableCredit: string;
}

export const balanceInfo: Content = record(
  one('creditLimit'),
  one('balance'),
  one('availableCredit'),
  one('creditThreshold', record(one('fixed'), one('percent', integer))),
);

export const financeInfo: Content = record(
  many(
    'wallet',
    'wallets',
    record(
      attribute('code'),
      one('balance'),
      many('threshold', 'thresholds', record(attribute('type'), own('value'))),
    ),
  ),
);

const rgpPoll = record(
  one('name'),
  one('rgpStatus', structures.status),
  one('reqDate'),
  one('reportDueDate'),
);

const lowBalance = record(
  one('registrarName'),
  one('creditLimit'),
  one('creditThreshold', record(attribute('type'), own('value'))),
  one('availableCredit'),
);

/** Mappings that have no commands, only data of poll messages: by their name in `dataType`. */
export const POLL_MAPPINGS = {
  rgpPoll: { uri: 'http://www.verisign.com/epp/rgp-poll-1.0', contents: { pollData: rgpPoll } },
  lowbalancePoll: {
    uri: 'http://www.verisign.com/epp/lowbalance-poll-1.0',
    contents: { pollData: lowBalance },
  },
} as const satisfies Record<string, { uri: string; contents: Record<string, Content> }>;
