import type { Examples } from './example.ts';
import { gatewayExamples } from './gateway.ts';
import { leaseExamples } from './lease.ts';
import { ledgerExamples } from './ledger.ts';
import { registryExamples } from './registry.ts';
import { setExamples } from './set.ts';

export const ALL_EXAMPLES: readonly Examples[] = [
  registryExamples,
  setExamples,
  gatewayExamples,
  leaseExamples,
  ledgerExamples,
];
