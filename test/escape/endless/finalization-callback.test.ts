import { LONG, describeAttacks } from "../harness.ts";

const collect = "for (let i = 0; i < 40; i++) { new Uint8Array(4e6); new Array(1e5).fill({}); await null; }";
const source = (callback: string): string => `export async function execute_action() {
  const registry = new FinalizationRegistry(() => { ${callback} });
  globalThis.evil = registry;
  (() => { for (let i = 0; i < 1000; i++) registry.register({}, i); })();
  ${collect}
  return await new Promise(() => {});
}`;

describeAttacks("a callback that the garbage collector calls", {
  loops: {
    source: source("for (;;);"),
    ends: ["timed_out WALL_LIMIT", "timed_out CPU_LIMIT"],
    limits: { ...LONG, wallMs: 2_000, cpuMs: 1_000 },
  },
  throws: {
    source: source("throw { get message() { for (;;); } };"),
    ends: ["timed_out WALL_LIMIT", "timed_out CPU_LIMIT"],
    limits: { ...LONG, wallMs: 2_000 },
  },
});
