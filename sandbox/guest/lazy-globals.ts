/**
 * Globals that are made at first use and behave as if they were there: an accessor stands in the place of each until something touches it, by
 * whatever way. Read, it becomes the ordinary property; written through another object, it becomes that first and the write is V8's own to do. The
 * few built-ins that show or change a property as it is make it first as well.
 */
import { asString, defineProperty, errorClasses, getOwnPropertyDescriptor, ownKeys } from "./primordials.ts";

/** Returns the value of a global; `source` is what its table says beside the name. */
export type Make = (name: string, source: string) => unknown;

const { apply, set } = Reflect;
/** What makes each global that is not made yet; null while it is being made: what looks for it then finds none. */
const makers: Record<PropertyKey, (() => unknown) | null> = { __proto__: null } as never;
/** The accessor that stands in the place of each: what an action has put there instead is left alone. */
const standing: Record<PropertyKey, unknown> = { __proto__: null } as never;
const realm = globalThis as Record<PropertyKey, unknown>;

/** `make` is called once for each name of the table, unless the global is overwritten before. */
export function defineLazyGlobals(table: Readonly<Record<string, string>>, make: Make): void {
  for (const name in table) {
    makers[name] = () => make(name, table[name]!);
    // Both halves in one function: every isolate has some sixty of these.
    function access(this: unknown, value?: unknown): unknown {
      return arguments.length === 0 ? touch(name) : write(this, name, value);
    }
    // Defining a property there takes V8 four times as long as assigning it first.
    realm[name] = undefined;
    standing[name] = access;
    defineProperty(realm, name, { get: access, set: access, enumerable: false, configurable: true });
  }
}

function touch(name: PropertyKey): unknown {
  const make = makers[name];
  if (!make) return undefined;
  makers[name] = null;
  try {
    const value = named(make(), name);
    put(name, value);
    return value;
  } finally {
    if (makers[name] === null) makers[name] = make;
  }
}

function write(self: unknown, name: string, value: unknown): void {
  const isOwn = self === realm || self === undefined || self === null;
  if (!isOwn) touch(name);
  if (!(isOwn ? put(name, value) : set(realm, name, value, self)))
    throw new errorClasses["TypeError"]!(`Cannot assign to read only property '${name}' of object`);
}

function put(name: PropertyKey, value: unknown): boolean {
  delete makers[name];
  return defineProperty(realm, name, { value, writable: true, enumerable: false, configurable: true });
}

/** The bundler may have called a class otherwise. */
function named(value: unknown, name: PropertyKey): unknown {
  if (typeof value === "function" && getOwnPropertyDescriptor(value, "name")?.value !== name)
    defineProperty(value, "name", { value: name, writable: false, enumerable: false, configurable: true });
  return value;
}

/**
 * Has the built-ins that show or change properties make what they are asked about, where that is a global that is not made. Called once, before any
 * code of an action.
 */
export function watchGlobals(): void {
  const { getOwnPropertyDescriptor: describe, defineProperty: define } = Object;
  const { getOwnPropertyDescriptor: look, defineProperty: change } = Reflect;
  const { getOwnPropertyDescriptors, defineProperties, freeze, seal } = Object;
  // Methods, so that they are no constructors, like those they stand for; assigning them keeps how each property stands.
  const ofObject = {
    getOwnPropertyDescriptor(object: object, key: PropertyKey) {
      touchOne(object, key);
      return describe(object, key);
    },
    defineProperty(object: object, key: PropertyKey, descriptor: PropertyDescriptor) {
      touchOne(object, key);
      return define(object, key, descriptor);
    },
    getOwnPropertyDescriptors(object: object) {
      touchAll(object);
      return getOwnPropertyDescriptors(object);
    },
    defineProperties(object: object, descriptors: PropertyDescriptorMap) {
      touchAll(object);
      return defineProperties(object, descriptors);
    },
    freeze(object: object) {
      touchAll(object);
      return freeze(object);
    },
    seal(object: object) {
      touchAll(object);
      return seal(object);
    },
  };
  const ofReflect = {
    getOwnPropertyDescriptor(object: object, key: PropertyKey) {
      touchOne(object, key);
      return look(object, key);
    },
    defineProperty(object: object, key: PropertyKey, descriptor: PropertyDescriptor) {
      touchOne(object, key);
      return change(object, key, descriptor);
    },
  };
  watchOldAccess();
  Object.getOwnPropertyDescriptor = ofObject.getOwnPropertyDescriptor as never;
  Object.defineProperty = ofObject.defineProperty as never;
  Object.getOwnPropertyDescriptors = ofObject.getOwnPropertyDescriptors as never;
  Object.defineProperties = ofObject.defineProperties as never;
  Object.freeze = ofObject.freeze as never;
  Object.seal = ofObject.seal as never;
  Reflect.getOwnPropertyDescriptor = ofReflect.getOwnPropertyDescriptor as never;
  Reflect.defineProperty = ofReflect.defineProperty as never;
}

/** The same for the older four, which every object inherits. */
function watchOldAccess(): void {
  const objects = Object.prototype as unknown as Record<string, (...parts: unknown[]) => unknown>;
  for (const name of ["__lookupGetter__", "__lookupSetter__", "__defineGetter__", "__defineSetter__"]) {
    const original = objects[name]!;
    const isLookUp = original.length === 1;
    const of = {
      [name](this: unknown, key: PropertyKey, accessor?: unknown): unknown {
        touchOne(this, key);
        return apply(original, this, isLookUp ? [key] : [key, accessor]);
      },
    };
    defineProperty(of[name]!, "length", { value: original.length });
    defineProperty(objects, name, { value: of[name], writable: true, enumerable: false, configurable: true });
  }
}

/** A key that is no text yet is left to the built-in: to ask for its text would be seen. */
function touchOne(object: unknown, key: unknown): void {
  if (object !== realm || typeof key === "object" || typeof key === "function") return;
  touchStanding(typeof key === "symbol" ? key : asString(key));
}

/** Nothing is made that was deleted, or had something else put in its place. */
function touchStanding(name: PropertyKey): void {
  if (makers[name] && getOwnPropertyDescriptor(realm, name)?.get === standing[name]) touch(name);
}

function touchAll(object: unknown): void {
  if (object !== realm) return;
  const names = ownKeys(makers);
  for (let at = 0; at < names.length; at++) touchStanding(names[at]!);
}
