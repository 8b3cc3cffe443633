import { CommandRate } from '../../src/adapter/scheduler/command-rate.ts';

/** Of an account that may send as many commands as it likes. */
export function unlimitedRate(): CommandRate {
  const rate = new CommandRate(10);
  rate.change({}, 0);
  return rate;
}
