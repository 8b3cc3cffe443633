import { EppError, type EppErrorKind } from '../../epp/session.ts';

/** The first request of a key ended `unknown`, or never ended: nothing is sent under this key any more. */
export class KeptUnknown extends EppError {
  readonly replayed = true;

  constructor(message: string, fields: { kind: EppErrorKind; code?: number; clTRID?: string }) {
    super(message, { ...fields, outcome: 'unknown' });
  }
}
