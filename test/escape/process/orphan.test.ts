import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallsWithoutBubblewrap } from "../walls/probe.ts";
import { isAlive, until, workerPids } from "../../processes.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "baton-orphan-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sandbox = new URL("../../../sandbox/", import.meta.url).href;

/** A host with one guest that is stuck in a built-in and may be for an hour. */
function startHost(name: string, walls: string): ChildProcess {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { createSandbox, scriptImage, DEFAULT_SANDBOX_LIMITS } from "${sandbox}index.ts";
     import { findWalls } from "${sandbox}process/walls.ts";
     const sandbox = createSandbox({ walls: { ...findWalls(), ${walls} }, image: scriptImage({ preludes: [{ name: "p", code: '(bridge) => { globalThis.mark = () => bridge.call("mark", "1"); }' }] }) });
     const code = "(exports) => { exports.run = () => { mark(); Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1); }; }";
     void sandbox.run({ tenant: "t", cordon: "c", script: { code, hash: "x" }, entryPoints: ["run"], input: "1",
       hostFunctions: { mark: { mode: "sync", handle: () => { setTimeout(() => console.log("stuck"), 300); return { value: 1 }; } } },
       limits: { ...DEFAULT_SANDBOX_LIMITS, wallMs: 3_600_000, cpuMs: 3_600_000 } });`,
  );
  return spawn(process.execPath, ["--no-warnings", file], { stdio: ["ignore", "pipe", "inherit"] });
}

const onLinux = process.platform === "linux" ? test : test.skip;

for (const [name, walls] of [
  ["by the walls of this machine", ""],
  ["by the thread that watches", "prefix: [], forks: false, watchesHost: true"],
  ["without bubblewrap", `...${JSON.stringify(wallsWithoutBubblewrap())}`],
] as const)
  onLinux(`a worker with a stuck guest does not outlive its killed host, ${name}`, async () => {
    const host = startHost(name.replaceAll(" ", "-"), walls);
    await new Promise((resolve) => host.stdout!.once("data", resolve));
    const workers = workerPids(host.pid!);
    expect(workers.length).toBeGreaterThan(0);
    host.kill("SIGKILL");
    await until(() => workers.every((pid) => !isAlive(pid)));
  });
