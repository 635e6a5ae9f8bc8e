/**
 * The built-ins as they were before the action could patch them. Guest code of ours calls these and nothing else once an action has run a line:
 * a method called on a value (`text.slice()`), an iterated array or an object with a prototype would let the action listen in.
 */
const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { freeze, hasOwn } = Object;
const { parse, stringify } = JSON;
const { isArray } = Array;
const NativeDate = Date;
export const realNow = Date.now;
const toISOString = Date.prototype.toISOString;
const stringSlice = String.prototype.slice;
const stringCharCodeAt = String.prototype.charCodeAt;
const promiseThen = Promise.prototype.then;
const promiseResolve = Promise.resolve;
const NativePromise = Promise;
const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype)!;
const typedArrayKind = getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag)!.get!;
const typedArrayByteLength = getOwnPropertyDescriptor(typedArrayPrototype, "byteLength")!.get!;

export { apply, construct, defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, hasOwn, isArray, ownKeys };
export { parse, stringify };
export const asString = String;
export const NativeError = Error;
export const errorClasses: Readonly<Record<string, ErrorConstructor>> = freeze({
  __proto__: null,
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
} as unknown as Record<string, ErrorConstructor>);

export const slice = (text: string, start: number, end: number): string => apply(stringSlice, text, [start, end]);
export const charCodeAt = (text: string, index: number): number => apply(stringCharCodeAt, text, [index]);

/** Puts a new property on the global object. Defining one there takes V8 four times as long as assigning it first. */
export function defineGlobal(name: string, descriptor: PropertyDescriptor): void {
  (globalThis as Record<string, unknown>)[name] = undefined;
  defineProperty(globalThis, name, descriptor);
}

/** Asks the array itself: its class and its length can be overwritten. */
export const isBytes = (value: unknown): boolean => apply(typedArrayKind, value, []) === "Uint8Array";
/** Of any typed array; undefined for all else. */
export const kindOfTyped = (value: unknown): unknown => apply(typedArrayKind, value, []);
export const bytesIn = (array: Uint8Array): number => apply(typedArrayByteLength, array, []) as number;

/** Cuts to `max` UTF-16 units without leaving half a surrogate pair behind. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = charCodeAt(text, max - 1);
  return slice(text, 0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}

export function whenSettled<T>(
  promise: Promise<T>,
  onValue: (value: T) => void,
  onError: (error: unknown) => void,
): void {
  apply(promiseThen, promise, [onValue, onError]);
}

export const isoTime = (ms: number): string => apply(toISOString, new NativeDate(ms), []);

export const resolved = <T>(value: T | PromiseLike<T>): Promise<T> =>
  apply(promiseResolve, NativePromise, [value]) as Promise<T>;

/**
 * What preludes and parts are given of these. An object of its own: one made of the module would be put together getter by getter, in every
 * isolate.
 */
export const primordials = {
  apply,
  construct,
  stringify,
  parse,
  isArray,
  getPrototypeOf,
  ownKeys,
  getOwnPropertyDescriptor,
  defineProperty,
  defineGlobal,
  freeze,
  hasOwn,
  charCodeAt,
  slice,
  cut,
  asString,
  isoTime,
  isBytes,
  bytesIn,
  NativeError,
  NativePromise,
  errorClasses,
} as const;

export type Primordials = typeof primordials;
