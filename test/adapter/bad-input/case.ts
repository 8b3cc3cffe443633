/** One request that must not reach a registry, and all that its caller is told. */
export interface Bad {
  path: string;
  /** A string is sent as it is, everything else as JSON. */
  body: unknown;
  headers?: Readonly<Record<string, string>>;
  status: number;
  /** Of the problem's type. */
  code: string;
  /** Every field that is named, in order. */
  fields: readonly string[];
  /** Stands in what is said of the first: what to do. */
  says: string;
}

/** A body or a value in it is wrong: 400. */
export function bad(
  path: string,
  body: unknown,
  fields: string | readonly string[],
  says: string,
  more: Partial<Bad> = {},
): Bad {
  const list = typeof fields === 'string' ? [fields] : fields;
  return { path, body, status: 400, code: 'invalid-request', fields: list, says, ...more };
}

export const SECRET = 'transfer-secret';
export const authInfo = { pw: SECRET };
export const create = { name: 'a.com', authInfo };
export const contact = {
  id: 'sh8013',
  postalInfos: [{ type: 'int', name: 'John Doe', addr: { city: 'Dulles', cc: 'US' } }],
  email: 'jdoe@example.com',
  authInfo,
};
/** So many of something. */
export const many = <T>(count: number, one: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => one(index));
