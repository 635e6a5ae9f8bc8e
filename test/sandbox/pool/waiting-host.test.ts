import { expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const sandbox = new URL("../../../sandbox/index.ts", import.meta.url).href;

/** After some loops, the next process of their tenant waits for a while before it starts, and no other is left. */
test("a host with nothing else to do lives until a run has ended that waits for a process", async () => {
  const host = `
    import { DEFAULT_SANDBOX_LIMITS, createSandbox, scriptImage } from "${sandbox}";
    const sandbox = createSandbox({ image: scriptImage({}), workers: 1 });
    const ends = [];
    for (let n = 0; n < 5; n++) {
      const code = "(exports) => { exports.run = () => { Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1); }; }";
      const { end } = await sandbox.run({
        tenant: "t", cordon: "c", script: { code, hash: "loop" }, entryPoints: ["run"], input: "1",
        hostFunctions: {}, limits: { ...DEFAULT_SANDBOX_LIMITS, cpuMs: 20 },
      });
      ends.push(end.type);
    }
    console.log(ends.join(" "));`;
  const flags = ["--no-warnings", "--input-type=module", "--eval", host];
  const { stdout } = await promisify(execFile)(process.execPath, flags);
  expect(stdout.trim().split(" ")).toEqual(Array(5).fill("timed_out"));
});
