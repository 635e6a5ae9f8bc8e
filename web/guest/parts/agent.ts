/** The globals by which libraries see where they run, and where they report an error that nothing catches. */
import { shaped } from "../idl.ts";

export default function agent(): Record<string, unknown> {
  const { console } = globalThis as unknown as { console: { error(...values: unknown[]): void } };
  const TOKEN = Symbol("navigator");

  class Navigator {
    constructor(token?: symbol) {
      if (token !== TOKEN) throw new TypeError("Illegal constructor");
    }
    get userAgent(): string {
      return "baton-runtime";
    }
    get [Symbol.toStringTag](): string {
      return "Navigator";
    }
  }

  /** A line in the log: nothing listens for errors here, and the run goes on. */
  function reportError(error: unknown): void {
    if (arguments.length === 0) throw new TypeError("reportError needs an argument");
    console.error("Uncaught", error);
  }
  return { ...shaped({ Navigator }, { Navigator: 0 }), navigator: new Navigator(TOKEN), reportError };
}
