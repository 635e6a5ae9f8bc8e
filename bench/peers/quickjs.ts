/** quickjs-emscripten with a fresh runtime for each run, in process: the WebAssembly module is loaded once. */
import { loadPeer } from "./installed.ts";
import { ANSWER, asFunction } from "../fixture.ts";
import type { Peer } from "./peer.ts";

/** The part of its face that is used here; it is not installed where the types are checked. */
export interface Handle {
  dispose(): void;
}
export interface Context {
  newString(text: string): Handle;
  newFunction(name: string, body: () => Handle): Handle;
  evalCode(code: string): unknown;
  unwrapResult(result: unknown): Handle;
  callFunction(fn: Handle, self: Handle, ...args: Handle[]): unknown;
  getString(handle: Handle): string;
  readonly undefined: Handle;
  dispose(): void;
}
export interface QuickJs {
  newRuntime(): { setMemoryLimit(bytes: number): void; newContext(): Context; dispose(): void };
  getWasmMemory(): WebAssembly.Memory;
}

export async function create(): Promise<Peer> {
  const { getQuickJS } = loadPeer("quickjs-emscripten") as { getQuickJS(): Promise<QuickJs> };
  const quickJs = await getQuickJS();
  const scripts = { reply: asFunction("reply"), "hand-off": asFunction("hand-off") };
  return {
    call(kind, input) {
      const runtime = quickJs.newRuntime();
      runtime.setMemoryLimit(64 * 1024 * 1024);
      const context = runtime.newContext();
      const action = context.unwrapResult(context.evalCode(scripts[kind]));
      const text = context.newString(input);
      const ask = context.newFunction("ask", () => context.newString(ANSWER));
      const result = context.unwrapResult(context.callFunction(action, context.undefined, text, ask));
      const returned = context.getString(result);
      for (const handle of [result, ask, text, action]) handle.dispose();
      context.dispose();
      runtime.dispose();
      return returned;
    },
  };
}
