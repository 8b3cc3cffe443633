/**
 * The same function, asked once an object. Informers hand out the same object until it changes, and nobody changes one, so the
 * identity is all that has to be compared; what is forgotten by the informer is forgotten here.
 */
export function remembered<T extends object, R>(compute: (object: T) => R): (object: T) => R {
  const known = new WeakMap<T, { result: R }>();
  return (object) => {
    const found = known.get(object);
    if (found !== undefined) return found.result;
    const result = compute(object);
    known.set(object, { result });
    return result;
  };
}
