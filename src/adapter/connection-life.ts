/** How long a connection is used: by its age and its commands. Pure. */
export interface ConnectionLife {
  /** Milliseconds from the login after which it should be replaced, and after which it must. */
  softAgeMs: number;
  hardAgeMs: number;
  /** Commands, the login included, after which it should be replaced, and must; 0: no cap. */
  softCommands: number;
  hardCommands: number;
}

/** Rotation is spread over the last tenth, so that connections opened together do not all close together. */
export function connectionLife(
  limits: { maxAgeSeconds: number; maxCommandsPerConnection: number },
  random: () => number,
): ConnectionLife {
  const share = 0.9 + 0.1 * random();
  const hardAgeMs = limits.maxAgeSeconds * 1_000;
  // The logout is a command too; a login and one command are the least that make sense
  const hardCommands =
    limits.maxCommandsPerConnection === 0 ? 0 : Math.max(2, limits.maxCommandsPerConnection - 1);
  return {
    hardAgeMs,
    softAgeMs: hardAgeMs * share,
    hardCommands,
    softCommands: hardCommands === 0 ? 0 : Math.max(2, Math.floor(hardCommands * share)),
  };
}

/** `soon`: it should be replaced; `now`: it may not serve any more. */
export function dueOf(life: ConnectionLife, now: { ageMs: number; commands: number }): 'no' | 'soon' | 'now' {
  const capped = life.hardCommands > 0;
  if (now.ageMs >= life.hardAgeMs || (capped && now.commands >= life.hardCommands)) return 'now';
  return now.ageMs >= life.softAgeMs || (capped && now.commands >= life.softCommands) ? 'soon' : 'no';
}
