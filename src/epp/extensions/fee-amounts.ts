/** Fees and credits, and what a command that costs says and is told of them: alike in all versions. */
import { attribute, type Content, many, one, own, record } from '../mapping.ts';
import * as structures from '../structures.ts';

const fee = record(
  attribute('description'),
  attribute('lang'),
  attribute('refundable', 'boolean'),
  attribute('grace-period'),
  attribute('applied'),
  own('value'),
);
const credit = record(attribute('description'), attribute('lang'), own('value'));

export const fees = many('fee', 'fees', fee);
export const credits = many('credit', 'credits', credit);

export const transformContent: Content = record(one('currency'), fees, credits);

export const transformResultContent: Content = record(
  one('currency'),
  one('period', structures.period),
  fees,
  credits,
  one('balance'),
  one('creditLimit'),
);
