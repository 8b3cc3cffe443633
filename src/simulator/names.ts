/** Names as this registry sees them: which zone they are in, and which domain a host stands in. */

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i;

/** True for a name right below a zone that is served. */
export function isServed(tlds: ReadonlySet<string>, name: string): boolean {
  const dot = name.indexOf('.');
  return dot > 0 && tlds.has(name.slice(dot + 1).toLowerCase());
}

/** True where the first label is one that a zone can hold. */
export function isRegistrable(name: string): boolean {
  return LABEL.test(name.slice(0, name.indexOf('.')));
}

/** The domain that a host stands in, where its zone is served: `a.com` of `ns1.x.a.com`; undefined of any other. */
export function superordinateOf(tlds: ReadonlySet<string>, host: string): string | undefined {
  let rest = host.toLowerCase();
  for (;;) {
    if (isServed(tlds, rest)) return rest;
    const dot = rest.indexOf('.');
    if (dot < 0) return undefined;
    rest = rest.slice(dot + 1);
  }
}
