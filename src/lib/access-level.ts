/** Which requests have a line in the log, and at which level: `transforms` at info, `all` requests, or `none`. The others at debug; with `none`, nowhere. */
export type AccessLog = 'all' | 'transforms' | 'none';

/** Undefined: no line. @param transform whether the command changes something */
export function accessLevel(mode: AccessLog, transform: boolean): 'info' | 'debug' | undefined {
  if (mode === 'none') return undefined;
  return mode === 'all' || transform ? 'info' : 'debug';
}
