/** Amounts of CPU and memory as pods have them: `500m`, `2`, `1.5Gi`. */
import { z } from 'zod';
import { portableRegex } from './portable-regex.ts';

// Positive, and no exponents or nano units: what people write.
const PATTERN = '^[0-9]{1,12}([.][0-9]{1,3})?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$';
const REGEX = portableRegex(PATTERN);

/** A number or a text in the API (`cpu: 2` is what everyone writes), a text for us. */
export const quantity = () =>
  z
    .union([
      z.int().min(0).max(1_000_000_000_000),
      z.string().min(1).max(32).regex(REGEX, { error: 'must be an amount such as 500m, 2 or 1.5Gi' }),
    ])
    .transform(String);

const UNIT_MICROS: Readonly<Record<string, bigint>> = {
  m: 1_000n,
  '': 1_000_000n,
  k: 1_000_000_000n,
  M: 10n ** 12n,
  G: 10n ** 15n,
  T: 10n ** 18n,
  P: 10n ** 21n,
  Ki: 1024n * 1_000_000n,
  Mi: 1024n ** 2n * 1_000_000n,
  Gi: 1024n ** 3n * 1_000_000n,
  Ti: 1024n ** 4n * 1_000_000n,
  Pi: 1024n ** 5n * 1_000_000n,
};

/** The amount in millionths of its unit, exactly; undefined for what the schema does not let through. */
export function quantityMicros(text: string): bigint | undefined {
  if (!REGEX.test(text)) return undefined;
  const [, whole = '0', fraction = '', unit = ''] = /^([0-9]+)(?:[.]([0-9]+))?([a-zA-Z]*)$/.exec(text) ?? [];
  const scale = UNIT_MICROS[unit] ?? 0n;
  return BigInt(whole) * scale + (BigInt(fraction || '0') * scale) / 10n ** BigInt(fraction.length);
}
