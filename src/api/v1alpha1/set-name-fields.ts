/** Set names and their parts as fields. */
import { z } from 'zod';
import { SET_NAME_MAX_LENGTH, SET_PART, WILDCARD_LABEL } from '../../routing/set-name.ts';
import { matching, rule } from '../schema/rule.ts';

/** The name of a set of instances, `prefix.business.region`. */
export const setNameField = () =>
  rule(
    matching(
      z.string().min(5).max(SET_NAME_MAX_LENGTH),
      `${SET_PART}[.]${SET_PART}[.](${SET_PART}|[*])`,
      'must be prefix.business.region, such as epp.core.bj: lower-case letters, digits and inner hyphens; only the region may be *',
    ),
    {
      cel: `!self.endsWith('.${WILDCARD_LABEL}')`,
      holds: (name) => !name.endsWith(`.${WILDCARD_LABEL}`),
      message: `must not have the region '${WILDCARD_LABEL}', which stands for * in labels: choose another`,
    },
  );

/** A prefix or a business. */
export const setPart = () =>
  matching(
    z.string().min(1).max(63),
    SET_PART,
    'must be one part of a set name: lower-case letters, digits and inner hyphens',
  );

/** A region that a gateway stands in: never the wildcard. */
export const ownRegion = () =>
  rule(setPart(), {
    cel: `self != '${WILDCARD_LABEL}'`,
    holds: (region) => region !== WILDCARD_LABEL,
    message: `must not be '${WILDCARD_LABEL}', which stands for * in labels: choose another`,
  });
