import { OWNER_NAME_LENGTH, OWNER_NAME_PATTERN } from './names.ts';
import { portableRegex } from './portable-regex.ts';
import { type CelValidation, celString } from './rule.ts';

export interface NameRule {
  validation: CelValidation;
  holds(name: string): boolean;
  message: string;
}

const pattern = `^(${OWNER_NAME_PATTERN})$`;
const regex = portableRegex(pattern);
const message = `must be at most ${OWNER_NAME_LENGTH} lower-case letters, digits and inner hyphens, starting with a letter: other objects are named after it`;

/** `metadata.name` of what Services and others are named after: a DNS label that starts with a letter (RFC 1035). */
export const OWNER_NAME_RULE: NameRule = {
  validation: {
    rule: `self.metadata.name.matches(${celString(pattern)})`,
    message: `metadata.name ${message}`,
  },
  holds: (name) => regex.test(name),
  message,
};
