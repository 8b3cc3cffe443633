/** Who may see what of the console. */

/** Namespaces whose objects someone may see. */
export type Sight = 'all' | ReadonlySet<string>;

/** What is seen, or the HTTP status to refuse with. 503: it could not be found out. */
export type Verdict = { sight: Sight } | { refused: 401 | 403 | 503 };

export interface Access {
  /** Whether requests need an `Authorization` header: the page then asks for a token. */
  readonly needsToken: boolean;
  /**
   * Never rejects.
   * @param authorization the header's value
   * @param namespaces those there is something of
   */
  verdict(authorization: string | undefined, namespaces: readonly string[]): Promise<Verdict>;
}

/** For a server that nobody else can reach: all that its own credentials let it read. */
export const openAccess: Access = {
  needsToken: false,
  verdict: async () => ({ sight: 'all' }),
};

/** Equal for equal sights. */
export function sightKey(sight: Sight): string {
  return sight === 'all' ? '*' : [...sight].sort().join(' ');
}
