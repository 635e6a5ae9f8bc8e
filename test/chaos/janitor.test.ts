// A chaos run that is killed from outside leaves nothing behind.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { faultsThere } from "./faults.ts";

const linux = existsSync("/proc/self/environ");

(linux ? test : test.skip)(
  "a run that is killed leaves no file system, no process and no folder",
  async () => {
    const faults = faultsThere("sqlite", ["full", "freeze"]).faults.join(",");
    const main = new URL("main.ts", import.meta.url).pathname;
    const args = ["--no-warnings", main, "--store", "sqlite", "--kills", "500", "--faults", faults];
    const chaos = spawn(process.execPath, args, { stdio: "ignore" });
    const run = await waited(() => folderOf(chaos.pid ?? 0));
    await waited(() => (processesOf(run).length > 1 ? true : null));
    chaos.kill("SIGKILL");
    await waited(() => (processesOf(run).length === 0 && !existsSync(run) ? true : null));
    expect(spawnSync("grep", ["-c", run, "/proc/mounts"], { encoding: "utf8" }).stdout.trim()).toBe("0");
  },
  120_000,
);

/** The first answer that is one; what never comes, the test's own limit ends. */
async function waited<T>(ask: () => T | null): Promise<T> {
  for (;;) {
    const answer = ask();
    if (answer !== null) return answer;
    await sleep(20);
  }
}

/** The run's folder, as the processes that it starts carry it. */
function folderOf(parent: number): string | null {
  for (const pid of read(`/proc/${parent}/task/${parent}/children`).split(" ").filter(Boolean)) {
    const found = /CHAOS_RUN=([^\0]+)/.exec(read(`/proc/${pid}/environ`))?.[1];
    if (found !== undefined) return found;
  }
  return null;
}

function processesOf(run: string): string[] {
  return readdirSync("/proc").filter(
    (name) => /^\d+$/.test(name) && read(`/proc/${name}/environ`).includes(`CHAOS_RUN=${run}`),
  );
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
