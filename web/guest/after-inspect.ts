/** Takes away what before-inspect.ts put there. */
Reflect.deleteProperty(globalThis, "Atomics");
