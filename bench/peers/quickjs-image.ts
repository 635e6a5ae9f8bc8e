/**
 * quickjs-emscripten with one runtime whose memory is copied when the action stands in it, and put back after each run: every run begins with the same
 * bytes, and nothing is made or compiled for it. The fastest way that is known to a fresh engine.
 */
import { ANSWER, type Kind, asFunction } from "../fixture.ts";
import { loadPeer } from "./installed.ts";
import type { Peer } from "./peer.ts";
import type { Context, Handle, QuickJs } from "./quickjs.ts";

const PAGE_BYTES = 64 * 1024;

interface Image {
  call(input: string): string;
  restore(): void;
}

export async function create(): Promise<Peer> {
  const { newQuickJSWASMModule } = loadPeer("quickjs-emscripten") as { newQuickJSWASMModule(): Promise<QuickJs> };
  // Memory is put back as a whole, so each kind of action has an engine of its own.
  const images = { reply: makeImage(await newQuickJSWASMModule(), "reply"), "hand-off": makeImage(await newQuickJSWASMModule(), "hand-off") };
  return {
    call: (kind, input) => images[kind].call(input),
    restore: (kind) => images[kind].restore(),
  };
} // prettier-ignore

function makeImage(quickJs: QuickJs, kind: Kind): Image {
  const runtime = quickJs.newRuntime();
  runtime.setMemoryLimit(64 * 1024 * 1024);
  const context = runtime.newContext();
  const action = context.unwrapResult(context.evalCode(asFunction(kind)));
  const ask = context.newFunction("ask", () => context.newString(ANSWER));
  const memory = quickJs.getWasmMemory();
  const image = usedPart(new Uint8Array(memory.buffer)).slice();
  return {
    call: (input) => callOnce(context, action, ask, input),
    restore: () => new Uint8Array(memory.buffer).set(image),
  };
}

/** No handle is disposed of: what it holds is gone when the memory is put back. */
function callOnce(context: Context, action: Handle, ask: Handle, input: string): string {
  const result = context.callFunction(action, context.undefined, context.newString(input), ask);
  return context.getString(context.unwrapResult(result));
}

/** Behind it nothing was written yet. The allocator keeps account of it within this part, and clears what it hands out as zeros. */
function usedPart(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, Math.ceil(end / PAGE_BYTES) * PAGE_BYTES);
}
