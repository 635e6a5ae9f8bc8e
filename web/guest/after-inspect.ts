/** Ends what before-inspect.ts began. */
import { loading } from "./before-inspect.ts";

loading.isOver = true;
Reflect.deleteProperty(globalThis, "Atomics");
Reflect.defineProperty(Object, "getOwnPropertyNames", {
  value: loading.getOwnPropertyNames,
  writable: true,
  configurable: true,
});
