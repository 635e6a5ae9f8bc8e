/** WebAssembly as far as the bake, the worker and the glue use it: neither the guest's own types nor Node's declare it. */
declare namespace WebAssembly {
  interface Module {
    readonly _module: never;
  }
  const Module: {
    new (bytes: Uint8Array): Module;
    imports(module: Module): { readonly module: string; readonly name: string }[];
  };
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  interface Table {
    readonly length: number;
    get(index: number): ((...values: number[]) => number) | null;
    set(index: number, value: unknown): void;
  }
  interface Global {
    readonly value: number;
  }
  const Global: new (type: { value: "i32"; mutable: boolean }, value: number) => Global;
  type Imports = Record<string, Record<string, unknown>>;
  interface Instance {
    readonly exports: Record<string, unknown>;
  }
  const Instance: new (module: Module, imports?: Imports) => Instance;
  /** An import of this kind may answer with a promise; the stack of WebAssembly that called it is set aside meanwhile. */
  interface Suspending {
    readonly _suspending: never;
  }
  const Suspending: new (body: (...values: number[]) => number | Promise<number>) => Suspending;
  /** An export whose stack may be set aside. */
  function promising(body: (value: number) => number): (value: number) => Promise<number>;
}
