/** What isolated-vm costs by itself, in process and with nothing around it: the measure that Baton's figures are held against. */
import { setFlagsFromString } from "node:v8";
import ivm from "isolated-vm";
import { ANSWER, asFunction } from "../fixture.ts";
import type { Peer } from "./peer.ts";

const MEMORY_MIB = 64;

// As a worker process sets it before its first isolate.
setFlagsFromString("--no-lazy");

export async function create(): Promise<Peer> {
  const scripts = { reply: asFunction("reply"), "hand-off": asFunction("hand-off") };
  const held: ivm.Isolate[] = [];
  return {
    call(kind, input) {
      const isolate = new ivm.Isolate({ memoryLimit: MEMORY_MIB });
      const context = isolate.createContextSync();
      const action = isolate.compileScriptSync(scripts[kind]).runSync(context, { reference: true }) as ivm.Reference;
      const text = action.applySync(undefined, [input, new ivm.Callback(() => ANSWER)]) as string;
      isolate.dispose();
      return text;
    },
    hold(count) {
      for (let made = 0; made < count; made++) {
        const isolate = new ivm.Isolate({ memoryLimit: MEMORY_MIB });
        isolate.createContextSync();
        held.push(isolate);
      }
    },
  };
}
