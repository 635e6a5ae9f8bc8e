// What the host reads of a worker process: cheap enough to be read often, never of another process, and nothing stays open.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { ProcessStats } from "../../../sandbox/process/process-stats.ts";

const onLinux = process.platform === "linux" ? test : test.skip;
const openFiles = () => readdirSync("/proc/self/fd").length;

onLinux("memory and CPU time are those of now, until the process is gone", async () => {
  const child = spawn(process.execPath, ["-e", "process.stdin.on('data', () => { const end = performance.now() + 50; while (performance.now() < end); console.log('done'); })"]); // prettier-ignore
  const stats = new ProcessStats(child.pid!);
  child.stdin.write("compute");
  await once(child.stdout, "data");
  const before = stats.mainThreadCpuMs!;
  expect(stats.memory!.residentBytes).toBeGreaterThan(stats.memory!.ownBytes);
  child.stdin.write("compute");
  await once(child.stdout, "data");
  expect(stats.mainThreadCpuMs).toBeGreaterThan(before);
  child.kill("SIGKILL");
  await once(child, "close");
  expect([stats.memory, stats.mainThreadCpuMs]).toEqual([null, null]);
  stats.close();
});

onLinux("its files are closed with it, and not opened again", () => {
  const before = openFiles();
  const stats = new ProcessStats(process.pid);
  for (let n = 0; n < 3; n++) expect(stats.memory!.ownBytes + stats.mainThreadCpuMs!).toBeGreaterThan(0);
  expect(openFiles()).toBe(before + 2);
  stats.close();
  expect(stats.memory).toBeNull();
  expect(openFiles()).toBe(before);
});
