/** vm2 with a fresh VM for each run. */
import { loadPeer } from "./installed.ts";
import { ANSWER, asFunction } from "../fixture.ts";
import type { Peer } from "./peer.ts";

interface Vm2 {
  readonly VM: new (options: object) => { run(code: string): unknown };
}

export async function create(): Promise<Peer> {
  const { VM } = loadPeer("vm2") as Vm2;
  const scripts = { reply: asFunction("reply"), "hand-off": asFunction("hand-off") };
  return {
    call(kind, input) {
      const vm = new VM({ timeout: 10_000, sandbox: { ask: () => ANSWER, input } });
      return vm.run(`${scripts[kind]}(input, ask)`) as string;
    },
  };
}
