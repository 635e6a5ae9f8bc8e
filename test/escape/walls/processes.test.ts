/** The wall around processes, tried by one that Node holds back from nothing: with bubblewrap and without. */
import { describe, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { workerPid } from "../../../sandbox/launcher/end-tree.ts";
import { launchWorker } from "../../../sandbox/process/launch.ts";
import { MAX_PROCESSES } from "../../../sandbox/process/wall-commands.ts";
import { isAlive, pause, processes, until } from "../../processes.ts";
import { probe, probeOuter, viewing, wallOf, walls, wallsWithoutBubblewrap } from "./probe.ts";
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const UNHELD = ["--no-warnings"];

for (const [machine, own] of [
  ["with all the tools of this machine", walls],
  ["without bubblewrap", wallsWithoutBubblewrap()],
] as const) {
  const { stands, note } = wallOf("processes", own);
  const testWall = (sentence: string, body: () => Promise<void>): void => {
    if (stands) test(sentence, body);
    else test.skip(`${sentence} [this machine has no such wall: ${note}]`, body);
  };

  describe(`processes, ${machine}`, () => {
    testWall("it sees itself alone", async () => {
      const told = probeOuter(
        {
          pid: "process.pid",
          seen: "require('node:fs').readdirSync('/proc').filter((name) => /^\\d+$/.test(name))",
        },
        own,
      );
      expect(told).toEqual({ pid: 1, seen: ["1"] });
    });

    testWall("it can neither end nor find its host, another worker or anybody else", async () => {
      const other = launchWorker({ walls: own, memoryBytes: 2 ** 30 });
      await until(() => workerPid(other.pid, own) !== other.pid);
      const pids = [process.pid, process.ppid, other.pid, workerPid(other.pid, own)];
      const found = pids.map((pid) => [`found ${pid}`, `process.kill(${pid}, 0)`]);
      const ended = pids.slice(2).map((pid) => [`ended ${pid}`, `process.kill(${pid}, 'SIGKILL')`]);
      const told = probeOuter(Object.fromEntries([...found, ...ended]), own);
      for (const result of Object.values(told)) expect(result).toBe("error ESRCH");
      expect(isAlive(other.pid)).toBe(true);
      other.end();
      await once(other.child, "exit");
    });

    testWall("it starts no more than a few processes", async () => {
      const fork = `(() => { const { spawn } = require('node:child_process'); let started = 0;
        for (let n = 0; n < 300; n++) { try { const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore', detached: true }).on('error', () => {}); if (child.pid !== undefined) started++; } catch {} }
        return started; })()`;
      const told = await probe({ pause: "new Promise((ok) => setTimeout(ok, 300))", fork }, 2 ** 31, own, UNHELD);
      expect(told["fork"]).toBeGreaterThan(0);
      expect(told["fork"]).toBeLessThan(MAX_PROCESSES);
    });

    testWall("what it started, in sessions of their own, ends with it", async () => {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), "baton-children-")));
      chmodSync(folder, 0o755);
      const script = join(folder, "parent.cjs");
      writeFileSync(
        script,
        `const { spawn } = require("node:child_process");
         for (let n = 0; n < 3; n++) spawn(process.execPath, ["-e", "setTimeout(() => {}, 600000)", ${JSON.stringify(folder)}], { stdio: "ignore", detached: true });
         setTimeout(() => require("node:fs").writeSync(3, "up"), 200);
         setInterval(() => {}, 1000);`,
        { mode: 0o644 },
      );
      const parent = launchWorker({ walls: viewing(own, script), memoryBytes: 2 ** 30, script, nodeFlags: UNHELD });
      await once(parent.main, "data");
      const children = () => processes().filter(({ command }) => command.includes(`600000) ${folder}`));
      expect(children()).toHaveLength(3);
      parent.end();
      await until(() => processes().every(({ command }) => !command.includes(folder)));
      rmSync(folder, { recursive: true });
    });
  });
}

const onUnix = process.platform === "win32" ? test.skip : test;

onUnix("neither a host nor a worker opens its inspector on a signal", async () => {
  const index = new URL("../../../runtime/index.ts", import.meta.url).href;
  const host = spawn(
    process.execPath,
    [
      "--no-warnings",
      "--input-type=module",
      "-e",
      `import { createRuntime } from ${JSON.stringify(index)};
       const runtime = await createRuntime();
       await runtime.execute({ action: { source: "export const execute_action = () => 1" }, context: { args: {} } });
       console.log("up");
       process.stdin.once("data", async () => { await runtime.close(); console.log("closed"); });`,
    ],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  let errors = "";
  host.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  await once(host.stdout, "data");
  host.kill("SIGUSR1");
  await pause(200);
  host.stdin.write("x");
  expect(String(await once(host.stdout, "data"))).toContain("closed");
  host.kill("SIGUSR1");
  host.stdin.end();
  expect(await once(host, "exit")).toEqual([0, null]);
  expect(errors).not.toMatch(/Debugger|inspector/i);
});
