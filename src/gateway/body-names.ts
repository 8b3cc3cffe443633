/** The few fields of a body that the gateway itself looks at. What is wrong with a body is for adapters to say. Pure. */

/** Of a domain, host or contact: the first where there are several. Undefined where there is none, or the body is no JSON object. */
export function nameIn(body: Buffer): string | undefined {
  let read: unknown;
  try {
    read = JSON.parse(body.toString());
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const { name, names, id, ids } = read as Record<string, unknown>;
  const listed = Array.isArray(names) ? names[0] : Array.isArray(ids) ? ids[0] : undefined;
  const found = name ?? listed ?? id;
  return typeof found === 'string' ? found : undefined;
}

/** What stands behind its first label: `co.uk` of `example.co.uk`. */
export function zoneOf(name: string): string | undefined {
  const dot = name.indexOf('.');
  return dot > 0 && dot < name.length - 1 ? name.slice(dot + 1) : undefined;
}
