/**
 * Rules that a plain schema cannot say. Each carries its CEL text for the API server beside its JavaScript check for our own door,
 * on the zod schema itself, so that no one can add the one without the other: zod would drop a bare `refine` silently.
 */
import type { z } from 'zod';
import { portableRegex } from './portable-regex.ts';

/** One entry of `x-kubernetes-validations`. */
export interface CelValidation {
  rule: string;
  message: string;
  messageExpression?: string;
  fieldPath?: string;
}

/** What a rule adds to the structural schema, and how two versions of a value may differ. */
export interface Constraint {
  validation?: CelValidation;
  /** Structural keywords that zod has no word for, e.g. `maxProperties`. */
  keywords?: Record<string, unknown>;
  transition?: { holds(value: unknown, old: unknown): boolean; message: string; path: readonly string[] };
}

interface Payload {
  value: unknown;
  issues: unknown[];
}

/** Hangs a constraint on the schema. `verify` answers with what is wrong, or nothing. */
export function constrain<S extends z.ZodType>(
  schema: S,
  constraint: Constraint,
  verify: (value: z.output<S>) => { message: string; path?: readonly PropertyKey[] } | undefined,
): S {
  const check = (payload: Payload): void => {
    const wrong = verify(payload.value as z.output<S>);
    if (!wrong) return;
    // `continue`: one broken rule must not hide the others.
    payload.issues.push({
      code: 'custom',
      message: wrong.message,
      path: [...(wrong.path ?? [])],
      input: payload.value,
      continue: true,
    });
  };
  const carrier = { _zod: { check, def: { check: 'custom', constraint }, onattach: [] } };
  return schema.check(carrier as unknown as z.core.$ZodCheck<z.output<S>>);
}

/** The constraints of a schema; throws for a check that only JavaScript would make. */
export function constraintsOf(schema: z.core.$ZodType): Constraint[] {
  const found: Constraint[] = [];
  for (const check of schema._zod.def.checks ?? []) {
    const def = check._zod.def as { check: string; constraint?: Constraint };
    if (def.constraint) found.push(def.constraint);
    else if (def.check === 'custom' || def.check === 'overwrite') {
      throw new Error(`a ${def.check} check is unknown to the API server: say it with rule()`);
    }
  }
  return found;
}

export interface RuleOptions<T> {
  /** The rule in CEL over `self`. It must say what `holds` says. */
  cel: string;
  /** The same in JavaScript. Must not throw for any value that fits the schema's types. */
  holds(value: T): boolean;
  /**
   * What is wrong and what to do, as the sentence's rest after the field's path: `must be lower than limit ({limit})`. A part
   * ` ({a.b})` shows the value of `self.a.b`, which must be a required field or have a default.
   */
  message: string;
  /** The field below `self` that is wrong. */
  path?: readonly string[];
}

/** The schema with these rules, for the API server and for us. */
export function rule<S extends z.ZodType>(schema: S, ...rules: RuleOptions<z.output<S>>[]): S {
  return rules.reduce((ruled, { cel, holds, message, path = [] }) => {
    const text = template(message);
    return constrain(ruled, { validation: validation(cel, text, path) }, (value) =>
      holds(value) ? undefined : { message: text.of(value), path },
    );
  }, schema);
}

export interface TransitionOptions<T> {
  /** The rule in CEL over `self` and `oldSelf`; the API server runs it on updates alone. */
  cel: string;
  holds(value: T, old: T): boolean;
  message: string;
  path?: readonly string[];
}

/** The schema with a rule about how its value may change. Only `transitionProblems` checks it here: parsing sees one version. */
export function transition<S extends z.ZodType>(schema: S, options: TransitionOptions<z.output<S>>): S {
  const path = options.path ?? [];
  const holds = (value: unknown, old: unknown) => options.holds(value as z.output<S>, old as z.output<S>);
  return constrain(
    schema,
    {
      validation: validation(options.cel, template(options.message), path),
      transition: { holds, message: options.message, path },
    },
    () => undefined,
  );
}

/** A scalar that never changes. `instead` says what to do. */
export function immutable<S extends z.ZodType<string | number | boolean>>(schema: S, instead: string): S {
  return transition(schema, {
    cel: 'self == oldSelf',
    holds: (value, old) => value === old,
    message: `cannot be changed: ${instead}`,
  });
}

/** A string that fits the whole of `pattern`, which must not have anchors of its own. */
export function matching<S extends z.ZodType<string>>(schema: S, pattern: string, message: string): S {
  const whole = `^(${pattern})$`;
  const regex = portableRegex(whole);
  return rule(schema, {
    cel: `self.matches(${celString(whole)})`,
    holds: (value) => regex.test(value),
    message,
  });
}

/** A text as a CEL string literal. */
export function celString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function validation(cel: string, message: Message, path: readonly string[]): CelValidation {
  return {
    rule: cel,
    message: message.plain,
    ...(message.cel === undefined ? {} : { messageExpression: message.cel }),
    ...(path.length === 0 ? {} : { fieldPath: path.map((part) => `.${part}`).join('') }),
  };
}

interface Message {
  /** Without the values. */
  plain: string;
  /** The expression that builds it with the values; undefined when there are none. */
  cel: string | undefined;
  of(value: unknown): string;
}

const HOLE = / \(\{([a-zA-Z.]+)\}\)/;

function template(text: string): Message {
  const parts = text.split(HOLE);
  if (parts.length === 1) return { plain: text, cel: undefined, of: () => text };
  const holes = parts.filter((_, index) => index % 2 === 1);
  return {
    plain: parts.filter((_, index) => index % 2 === 0).join(''),
    cel: `${celString(parts.map((part, index) => (index % 2 === 0 ? part.replaceAll('%', '%%') : ' (%s)')).join(''))}.format([${holes.map((path) => `self.${path}`).join(', ')}])`,
    of: (value) => parts.map((part, index) => (index % 2 === 0 ? part : ` (${at(value, part)})`)).join(''),
  };
}

function at(value: unknown, path: string): unknown {
  let inner = value;
  for (const key of path.split('.')) inner = (inner as Record<string, unknown> | undefined)?.[key];
  return inner;
}
