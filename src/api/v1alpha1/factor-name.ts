import { z } from 'zod';
import { matching } from '../schema/rule.ts';

/** A routing factor is what requests carry in the header `x-epp-factor-<name>`. */
export const factorName = () =>
  matching(
    z.string().min(1).max(63),
    '[a-z]([-a-z0-9]{0,61}[a-z0-9])?',
    'must be the name of a routing factor: lower-case letters, digits and inner hyphens, such as uin',
  );
