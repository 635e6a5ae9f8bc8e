/** node:vm with a fresh context for each run. It is no security boundary; it is here because people use it as one. */
import vm from "node:vm";
import { ANSWER, asFunction } from "../fixture.ts";
import type { Peer } from "./peer.ts";

export async function create(): Promise<Peer> {
  const scripts = { reply: asFunction("reply"), "hand-off": asFunction("hand-off") };
  return {
    call(kind, input) {
      const context = vm.createContext({ ask: () => ANSWER, input });
      return vm.runInContext(`${scripts[kind]}(input, ask)`, context, { timeout: 10_000 }) as string;
    },
  };
}
