import { afterAll, expect, test } from "@jest/globals";
import { createRuntime } from "../../runtime/index.ts";
import { chat, toModule } from "../escape/harness.ts";
import { childPids, processes, until } from "../processes.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const held: Buffer[] = [];
afterAll(() => void held.splice(0));

const launchers = (): number[] => {
  const own = new Set(childPids());
  return processes()
    .filter(({ pid, command }) => own.has(pid) && command.includes("launcher/program"))
    .map(({ pid }) => pid);
};
const onLinux = process.platform === "linux" ? test : test.skip;

onLinux(
  "the runtime of a large host has its processes started by a launcher once it started a few, and closes it",
  async () => {
    while (process.memoryUsage.rss() < 200 * 1024 * 1024) held.push(Buffer.alloc(1024 * 1024, 1));
    const before = launchers();
    const runtime = await createRuntime({ logger: SILENT });
    const run = (tenant: string, body: string) =>
      runtime.execute({ tenant, action: { source: toModule(body) }, context: chat(), limits: { cpuMs: 50 } });
    const own = (): number[] => launchers().filter((pid) => !before.includes(pid));
    expect(own()).toEqual([]);
    for (let n = 0; own().length === 0; n++) {
      expect((await run(`tenant ${n}`, "for (;;);")).status).toBe("timed_out");
      expect(n).toBeLessThan(30);
    }
    const [launcher] = own();
    const started = (): boolean => processes().some(({ parent }) => parent === launcher);
    for (let n = 0; !started(); n++) {
      expect((await run(`later ${n}`, "return 1")).returnValue).toBe(1);
      expect(n).toBeLessThan(30);
    }
    await runtime.close();
    await until(() => own().length === 0);
    expect(childPids()).not.toContain(launcher);
  },
);
