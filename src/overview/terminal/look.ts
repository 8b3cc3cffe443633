/** What the terminal can show. */
export interface Look {
  /** Its width in cells. */
  columns: number;
  colour: boolean;
  /** False: ASCII alone. */
  unicode: boolean;
}

/** Of a pipe, which has no width. */
const DEFAULT_COLUMNS = 100;
/** Less than this is no terminal that somebody reads. */
const MIN_COLUMNS = 20;

export type Style =
  | 'core'
  | 'manage'
  | 'query'
  | 'free'
  | 'quarantined'
  | 'outside'
  | 'good'
  | 'bad'
  | 'passing'
  | 'title'
  | 'dim';

/** Select Graphic Rendition (ECMA-48), in the 16 colours that every terminal has in its own shades. */
const SGR: Readonly<Record<Style, string>> = {
  core: '34',
  manage: '36',
  query: '35',
  free: '2',
  quarantined: '33',
  outside: '2',
  good: '32',
  bad: '1;31',
  passing: '33',
  title: '1',
  dim: '2',
};

export function paint(text: string, style: Style | undefined, { colour }: Pick<Look, 'colour'>): string {
  return colour && style !== undefined && text !== '' ? `\u001b[${SGR[style]}m${text}\u001b[0m` : text;
}

/** After https://no-color.org and the locale's character set. */
export function lookOf(
  stream: { isTTY?: boolean; columns?: number },
  env: Readonly<Record<string, string | undefined>>,
): Look {
  const isTerminal = stream.isTTY === true;
  const columns = stream.columns ?? Number(env.COLUMNS ?? '');
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return {
    columns: Math.max(MIN_COLUMNS, Number.isInteger(columns) && columns > 0 ? columns : DEFAULT_COLUMNS),
    colour: isTerminal && !env.NO_COLOR && env.TERM !== 'dumb',
    // Windows Terminal has no locale, and shows all.
    unicode: isTerminal && (/utf-?8/i.test(locale) || env.WT_SESSION !== undefined),
  };
}
