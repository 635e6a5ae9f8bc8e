import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findWalls } from "../../../sandbox/process/walls.ts";
import { pause, processes, until } from "../../processes.ts";

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "baton-starting-")));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sandbox = new URL("../../../sandbox/", import.meta.url).href;
const onLinux = process.platform === "linux" ? test : test.skip;

onLinux(
  "a host that is killed while its workers start leaves none of them behind, nor a wall that waits for one",
  async () => {
    const script = join(folder, "worker.cjs");
    chmodSync(folder, 0o755);
    copyFileSync(findWalls().files.script, script);
    const host = join(folder, "host.mjs");
    writeFileSync(
      host,
      `import { createSandbox } from "${sandbox}index.ts";
     import { findWalls } from "${sandbox}process/walls.ts";
     const walls = findWalls();
     const own = (part) => part === walls.files.script ? ${JSON.stringify(script)} : part;
     console.log("go");
     for (let n = 0; n < 6; n++) createSandbox({ walls: { ...walls, prefix: walls.prefix.map(own), files: { ...walls.files, script: own(walls.files.script) } } });
     setInterval(() => {}, 1_000);`,
    );
    for (let round = 0; round < 12; round++) {
      const started = spawn(process.execPath, ["--no-warnings", host], { stdio: ["ignore", "pipe", "inherit"] });
      await once(started.stdout, "data");
      await pause((round * 7) % 40);
      started.kill("SIGKILL");
      await once(started, "exit");
    }
    await until(() => processes().every(({ command }) => !command.includes(folder)));
    expect(processes().filter(({ command }) => command.includes(folder))).toEqual([]);
  },
);
