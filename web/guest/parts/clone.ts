/** `structuredClone`: the types of JavaScript itself, bytes included; graphs keep their shape, what has no copy is a DataCloneError. */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import type { DOMExceptionClass } from "../dom-exception.ts";
import { invalidType, isObject, toDictionary } from "../idl.ts";
import type { Use } from "../install.ts";

const ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};
const { getOwnPropertyDescriptor } = Object;

/** Each reads an internal slot of one kind of object and throws for all others: nothing else distinguishes them for sure. */
const SLOTS: readonly (readonly [kind: string, read: (value: never) => unknown])[] = [
  ["date", (value) => Date.prototype.getTime.call(value)],
  ["regexp", (value) => getOwnPropertyDescriptor(RegExp.prototype, "source")!.get!.call(value)],
  ["map", (value) => getOwnPropertyDescriptor(Map.prototype, "size")!.get!.call(value)],
  ["set", (value) => getOwnPropertyDescriptor(Set.prototype, "size")!.get!.call(value)],
  ["buffer", (value) => getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!.call(value)],
  ["boxed", (value) => Number.prototype.valueOf.call(value)],
  ["boxed", (value) => String.prototype.valueOf.call(value)],
  ["boxed", (value) => Boolean.prototype.valueOf.call(value)],
  ["boxed", (value) => BigInt.prototype.valueOf.call(value)],
  ["none", (value) => Symbol.prototype.valueOf.call(value)],
  ["none", (value) => WeakMap.prototype.has.call(value, {})],
  ["none", (value) => WeakSet.prototype.has.call(value, {})],
  ["none", (value) => WeakRef.prototype.deref.call(value)],
];

/** Remembers the copy of what is copied, before its members are. */
type Keep = <T>(copy: T) => T;
type Copy = (value: unknown) => unknown;

// oxlint-disable-next-line eslint/max-lines-per-function -- one switch over the kinds of values, and what it calls
export default function clone(_bridge: Bridge, use: Use): Record<string, unknown> {
  const refuse = (what: string): never => {
    throw new (use("events")["DOMException"] as DOMExceptionClass)(`${what} could not be cloned.`, "DataCloneError");
  };

  function structuredClone(value: unknown, options?: unknown): unknown {
    if (arguments.length === 0) {
      throw Object.assign(new TypeError('The "value" argument must be specified'), { code: "ERR_MISSING_ARGS" });
    }
    const seen = new Map<object, unknown>();
    const { transfer: list = [] } = toDictionary(options, "the options of structuredClone");
    if (!isObject(list) || !(Symbol.iterator in list)) throw invalidType("transfer must be a list");
    const transfer = [...(list as Iterable<ArrayBuffer>)];
    const moved = new Set<unknown>(transfer);
    for (const item of transfer) {
      if (kindOf(item) !== "buffer" || item.detached || moved.size !== transfer.length) refuse("The transferred value");
    }
    for (const item of transfer) seen.set(item, new ArrayBuffer(item.byteLength));
    const copy = copyOf(value, seen);
    for (const item of transfer) {
      new Uint8Array(seen.get(item) as ArrayBuffer).set(new Uint8Array(item));
      item.transfer();
    }
    return copy;
  }

  function copyOf(value: unknown, seen: Map<object, unknown>): unknown {
    if (typeof value === "symbol") return refuse(String(value));
    if (typeof value === "function") return refuse(String(value).slice(0, 100));
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const keep: Keep = (copy) => {
      seen.set(value, copy);
      return copy;
    };
    const inner: Copy = (item) => copyOf(item, seen);
    if (Array.isArray(value)) return fill(keep(Object.assign([], { length: value.length })), value, inner);
    if (ArrayBuffer.isView(value)) return keep(copyView(value, inner) ?? refuse(tagOf(value)));
    if (isError(value)) return copyDOMException(value, keep) ?? copyError(value, keep, inner);
    const kind: string = kindOf(value) ?? "plain";
    switch (kind) {
      case "date":
        return keep(new Date(Date.prototype.getTime.call(value)));
      case "regexp":
        return keep(new RegExp((value as RegExp).source, (value as RegExp).flags));
      case "map": {
        const copy = keep(new Map());
        for (const [key, item] of Array.from(value as Map<unknown, unknown>)) copy.set(inner(key), inner(item));
        return copy;
      }
      case "set": {
        const copy = keep(new Set());
        for (const item of Array.from(value as Set<unknown>)) copy.add(inner(item));
        return copy;
      }
      case "buffer":
        return (value as ArrayBuffer).detached
          ? refuse("A detached ArrayBuffer")
          : keep(copyBuffer(value as ArrayBuffer));
      case "boxed":
        return keep(new Object((value as { valueOf(): unknown }).valueOf()));
      case "none":
        return refuse("#<Object>");
      default:
        return isPlatformObject(value)
          ? (copyOfPlatform(value, keep) ?? refuse(`#<${tagOf(value)}>`))
          : fill(keep({}), value, inner);
    }
  }

  /** The objects of the platform that have a copy: blobs, files, keys. Their classes are asked, by what no other object has. */
  function copyOfPlatform(value: object, keep: Keep): object | null {
    for (const [part, name] of [
      ["blob", "copyBlob"],
      ["crypto", "copyKey"],
    ] as const) {
      const copy = (use(part)[name] as (value: object) => object | null)(value);
      if (copy !== null) return keep(copy);
    }
    return null;
  }

  function copyDOMException(value: Error, keep: Keep): Error | null {
    const DOMException = use("events")["DOMException"] as DOMExceptionClass;
    if (!(value instanceof DOMException)) return null;
    const copy = keep(new DOMException(value.message, value.name));
    Object.defineProperty(copy, "stack", { value: value.stack, writable: true, configurable: true });
    return copy;
  }

  return { structuredClone };
}

/** The own enumerable members. */
function fill<T extends object>(copy: T, value: object, copyOf: Copy): T {
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(value, key)) continue;
    const item = copyOf((value as Record<string, unknown>)[key]);
    Object.defineProperty(copy, key, { value: item, writable: true, enumerable: true, configurable: true });
  }
  return copy;
}

function copyView(view: ArrayBufferView, copyOf: Copy): unknown {
  const buffer = copyOf(view.buffer) as ArrayBuffer;
  const name = Object.prototype.toString.call(view).slice(8, -1);
  const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
  const View = (globalThis as unknown as Record<string, new (...parts: unknown[]) => unknown>)[name];
  return View && new View(buffer, view.byteOffset, length);
}

function copyError(error: Error, keep: Keep, copyOf: Copy): Error {
  const name = typeof error.name === "string" && Object.hasOwn(ERRORS, error.name) ? error.name : "Error";
  const made = keep(Object.setPrototypeOf(new Error(), ERRORS[name]!.prototype) as Error);
  const put = (key: string, value: unknown): void => {
    Object.defineProperty(made, key, { value, writable: true, enumerable: false, configurable: true });
  };
  const message = getOwnPropertyDescriptor(error, "message");
  if (message && "value" in message) put("message", String(message.value));
  put("stack", String(error.stack));
  if (Object.hasOwn(error, "cause")) put("cause", copyOf(error.cause));
  return made;
}

function copyBuffer(buffer: ArrayBuffer): ArrayBuffer {
  if (!buffer.resizable) return buffer.slice(0);
  const copy = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
  new Uint8Array(copy).set(new Uint8Array(buffer));
  return copy;
}

function kindOf(value: object): string | null {
  for (const [kind, read] of SLOTS) {
    try {
      read(value as never);
      return kind;
    } catch {
      // another kind
    }
  }
  return null;
}

function isError(value: object): value is Error {
  const known = (Error as unknown as { isError?: (value: unknown) => boolean }).isError;
  return known ? known(value) : Object.prototype.toString.call(value) === "[object Error]";
}

/** Promises, generators, and the objects of this platform, which keep what they are in private fields. */
function isPlatformObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype !== null &&
    prototype !== Object.prototype &&
    !Object.hasOwn(value, Symbol.toStringTag) &&
    tagOf(value) !== "Object"
  );
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
