/**
 * The three functions of the Reflect metadata proposal that @peculiar/x509 needs (through tsyringe) to be loaded at all.
 * Leaves an implementation alone that is there already.
 */
interface ReflectMetadata {
  defineMetadata(key: unknown, value: unknown, target: object): void;
  getMetadata(key: unknown, target: object): unknown;
  getOwnMetadata(key: unknown, target: object): unknown;
}

export function provideReflectMetadata(): void {
  const reflect = Reflect as Partial<ReflectMetadata>;
  if (reflect.getMetadata) return;
  const metadata = new WeakMap<object, Map<unknown, unknown>>();
  const getOwnMetadata = (key: unknown, target: object) => metadata.get(target)?.get(key);
  const getMetadata = (key: unknown, target: object): unknown => {
    for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
      if (metadata.get(at)?.has(key)) return getOwnMetadata(key, at);
    }
    return undefined;
  };
  const defineMetadata = (key: unknown, value: unknown, target: object) => {
    const own = metadata.get(target) ?? new Map<unknown, unknown>();
    metadata.set(target, own.set(key, value));
  };
  Object.assign(Reflect, { defineMetadata, getMetadata, getOwnMetadata });
}
