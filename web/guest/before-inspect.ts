/**
 * Stand-ins for the formatter: what the formatter's package must find while it loads, and no longer; after-inspect.ts ends it. It lists the members of
 * `Atomics`, which no isolate has. And a class that is a global by then counts as one without a text of its own: those that have one are hidden from it,
 * as they are not there yet when Node's own formatter loads.
 */
const WITH_TEXT = new Set(["URL", "URLSearchParams"]);
const { getOwnPropertyNames } = Object;

export const loading = { isOver: false, getOwnPropertyNames };

if (!("Atomics" in globalThis)) {
  Object.defineProperty(globalThis, "Atomics", { value: { __proto__: null }, configurable: true });
}
Reflect.defineProperty(Object, "getOwnPropertyNames", {
  value: (target: object) => {
    const names = getOwnPropertyNames(target);
    return target === globalThis && !loading.isOver ? names.filter((name) => !WITH_TEXT.has(name)) : names;
  },
  writable: true,
  configurable: true,
});
