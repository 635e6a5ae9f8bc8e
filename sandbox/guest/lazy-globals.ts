/**
 * Globals that are made at first use and behave as if they were there: an accessor stands in the place of each until something touches it, by
 * whatever way. Read, it becomes the ordinary property; written through another object, it becomes that first and the write is V8's own to do. The
 * few built-ins that show or change a property as it is make it first as well.
 */
import { apply, asString, defineGlobal, defineProperty, getOwnPropertyDescriptor, ownKeys } from "./primordials.ts";

const { set } = Reflect;
const NativeTypeError = TypeError;
const makers: Record<PropertyKey, () => void> = { __proto__: null } as never;
const realm: object = globalThis;

/** `make` is called once, unless the global is overwritten before. */
export function defineLazyGlobal(name: string, make: () => unknown): void {
  let making = false;
  const put = (value: unknown): boolean => {
    delete makers[name];
    return defineProperty(realm, name, { value, writable: true, enumerable: false, configurable: true });
  };
  const touch = (): unknown => {
    // What looks for the global that it is about to make finds none.
    if (making) return undefined;
    making = true;
    try {
      const value = named(make(), name);
      put(value);
      return value;
    } finally {
      making = false;
    }
  };
  makers[name] = touch;
  defineGlobal(name, {
    get: touch,
    set(this: unknown, value: unknown) {
      const isOwn = this === realm || this === undefined || this === null;
      if (!isOwn) touch();
      if (!(isOwn ? put(value) : set(realm, name, value, this)))
        throw new NativeTypeError(`Cannot assign to read only property '${name}' of object`);
    },
    enumerable: false,
    configurable: true,
  });
}

/** The bundler may have called a class otherwise. */
function named(value: unknown, name: string): unknown {
  if (typeof value === "function" && getOwnPropertyDescriptor(value, "name")?.value !== name)
    defineProperty(value, "name", { value: name, writable: false, enumerable: false, configurable: true });
  return value;
}

type BuiltIn = (...parts: unknown[]) => unknown;

/** Built-ins of an object and a key. */
const OF_ONE = [
  [Object, "getOwnPropertyDescriptor"],
  [Object, "defineProperty"],
  [Reflect, "getOwnPropertyDescriptor"],
  [Reflect, "defineProperty"],
] as const;
/** Built-ins of an object as a whole. */
const OF_ALL = ["getOwnPropertyDescriptors", "defineProperties", "freeze", "seal"] as const;

/** Has these built-ins make what they are asked about, where that is a global that is not made. Called once, before any code of an action. */
export function watchGlobals(): void {
  for (let at = 0; at < OF_ONE.length; at++) {
    const [holder, name] = OF_ONE[at]!;
    watch(holder as never, name, (key) => makers[typeof key === "symbol" ? key : asString(key)]?.());
  }
  for (let at = 0; at < OF_ALL.length; at++) watch(Object as never, OF_ALL[at]!, makeAll);
}

function watch(holder: Record<string, BuiltIn>, name: string, make: (second: unknown) => void): void {
  const native = holder[name]!;
  // A method, so that it is no constructor, like the one it stands for.
  const { [name]: watched } = {
    [name](this: unknown, ...parts: unknown[]): unknown {
      if (parts[0] === realm && typeof parts[1] !== "object" && typeof parts[1] !== "function") make(parts[1]);
      else if (parts[0] === realm && make === makeAll) makeAll();
      return apply(native, this, parts);
    },
  };
  defineProperty(watched!, "length", { value: native.length, writable: false, enumerable: false, configurable: true });
  defineProperty(holder, name, { value: watched, writable: true, enumerable: false, configurable: true });
}

function makeAll(): void {
  const names = ownKeys(makers);
  for (let at = 0; at < names.length; at++) makers[names[at]!]?.();
}
