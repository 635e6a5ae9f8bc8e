/** Waits for the end of its input, which is the end of a chaos run, and clears up after it. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const folder = process.argv[2] ?? "";
if (!/\/baton-chaos-run-\w+$/.test(folder)) throw new Error("A janitor is given the folder of a run.");
process.stdin.resume();
await new Promise((resolve) => process.stdin.once("end", resolve).once("error", resolve));
for (let round = 0; round < 20 && killAll() > 0; round += 1) await sleep(50);
for (const mounted of mountsIn(folder)) spawnSync("umount", ["--lazy", mounted]);
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

function killAll(): number {
  const own = processesOf(folder);
  for (const pid of own) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return own.length;
}

function processesOf(run: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => read(`/proc/${name}/environ`).split("\0").includes(`CHAOS_RUN=${run}`))
    .map(Number);
}

function mountsIn(run: string): string[] {
  const places = read("/proc/mounts").split("\n").map((line) => line.split(" ")[1] ?? ""); // prettier-ignore
  return places.filter((place) => place.startsWith(`${run}/`));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
