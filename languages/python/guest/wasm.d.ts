/** WebAssembly as far as the glue uses it: the guest's own types know neither the DOM's nor Node's. */
declare namespace WebAssembly {
  interface Module {
    readonly _module: never;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  interface Table {
    get(index: number): ((...values: number[]) => number) | null;
    set(index: number, value: unknown): void;
  }
  class Global {
    constructor(type: { value: "i32"; mutable: boolean }, value: number);
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  /** An import of this kind may answer with a promise; the stack of WebAssembly that called it is set aside meanwhile. */
  class Suspending {
    constructor(body: (...values: number[]) => number | Promise<number>);
  }
  /** An export whose stack may be set aside. */
  function promising(body: (value: number) => number): (value: number) => Promise<number>;
}
