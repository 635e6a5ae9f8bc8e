/** The formatter's package lists the members of `Atomics` while it loads, which no isolate has; see after-inspect.ts. */
if (!("Atomics" in globalThis)) {
  Object.defineProperty(globalThis, "Atomics", { value: { __proto__: null }, configurable: true });
}
