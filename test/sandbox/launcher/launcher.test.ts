/** Workers that a launcher started behave as those that the host started itself, and none outlives either of the two. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox } from "../../../sandbox/index.ts";
import type { Launcher } from "../../../sandbox/launcher/launcher.ts";
import { DIRECTLY } from "../../../sandbox/launcher/started.ts";
import { launchWorker } from "../../../sandbox/process/launch.ts";
import { findWalls } from "../../../sandbox/process/walls.ts";
import { probe } from "../../escape/walls/probe.ts";
import { childPids, isAlive, until, workerPids } from "../../processes.ts";
import { play, readyLauncher, sandboxBy } from "./starting.ts";

const STUCK = "mark(); Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);";
const onLinux = process.platform === "linux" ? describe : describe.skip;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "baton-launcher-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

onLinux("the launcher", () => {
  let launcher: Launcher;
  let sandbox: Sandbox | null = null;
  let before: number[];
  const open = async (): Promise<Sandbox> => {
    before = childPids();
    launcher = await readyLauncher();
    return (sandbox = sandboxBy(launcher));
  };
  afterEach(async () => {
    await sandbox?.close();
    sandbox = null;
    await launcher.close();
    expect(childPids().filter((pid) => !before.includes(pid))).toEqual([]);
  });

  test("starts every worker, which runs, is ended when it loops and is replaced", async () => {
    await open();
    const events: string[] = [];
    sandbox!.events.subscribe((event) => void events.push(event.event));
    const workers = new Set<number>();
    for (const name of ["a", "b"]) {
      expect((await play(sandbox!, name, "return 1")).end).toEqual({ type: "returned", value: 1 });
      for (const pid of workerPids(launcher.pid!)) workers.add(pid);
      expect((await play(sandbox!, name, STUCK, { cpuMs: 50 })).end.type).toBe("timed_out");
    }
    expect(workers.size).toBeGreaterThan(1);
    await sandbox!.close();
    expect(workerPids(launcher.pid!)).toEqual([]);
    const count = (name: string): number => events.filter((event) => event === name).length;
    expect(count("worker.ended")).toBe(count("worker.started"));
  });

  test("carries large frames both ways, and what a dying process has to say", async () => {
    await open();
    const end = (await play(sandbox!, "large", "return 'x'.repeat(200_000)")).end;
    expect(end).toEqual({ type: "returned", value: "x".repeat(200_000) });
    const worker = launchWorker({ walls: findWalls(), memoryBytes: 2 ** 30, starter: launcher, nodeFlags: ["--no"] });
    let words = "";
    worker.errors.on("data", (chunk: Buffer) => (words += chunk.toString()));
    await new Promise((resolve) => worker.child.once("close", resolve));
    expect(words).toContain("bad option");
    const missing = launcher.start({
      command: [join(folder, "none")],
      cwd: "/",
      env: {},
      stdio: ["ignore", "ignore", "pipe"],
      files: [],
      forks: false,
    });
    await expect(new Promise((_, reject) => missing.child.once("error", reject))).rejects.toThrow("ENOENT");
  });

  test("gives a worker no descriptor that the host would not have given it, and the same walls", async () => {
    await open();
    const attempts = {
      descriptors: "require('node:fs').readdirSync('/proc/self/fd').length",
      environment: "process.env",
      ids: "[process.getuid(), process.getgid(), process.getgroups()]",
      status:
        "require('node:fs').readFileSync('/proc/self/status', 'utf8').match(/^(Cap|NoNew|Seccomp|Groups|Sig).*$/gm)",
      limits: "require('node:fs').readFileSync('/proc/self/limits', 'utf8')",
    };
    const flags = ["--no-warnings"];
    const byHost = await probe(attempts, 2 ** 31, findWalls(), flags, DIRECTLY);
    const byLauncher = await probe(attempts, 2 ** 31, findWalls(), flags, launcher);
    expect(byLauncher).toEqual(byHost);
  });

  test("that is killed takes its workers along; their runs end, later ones succeed, another is started", async () => {
    await open();
    const first = launcher.pid!;
    const marks: string[] = [];
    await play(sandbox!, "a", "return 1");
    const workers = workerPids(first);
    expect(workers.length).toBeGreaterThan(0);
    const lost = await play(sandbox!, "a", "mark(); for (;;);", {
      onMark: () => {
        marks.push("a");
        setTimeout(() => process.kill(first, "SIGKILL"), 50);
      },
    });
    // It had called the host: it is not run again elsewhere.
    expect(lost.end.type).toBe("crashed");
    expect(marks).toEqual(["a"]);
    await until(() => workers.every((pid) => !isAlive(pid)));
    // Nor is a run that had no effect the worse for it.
    for (const name of ["a", "b", "c"]) {
      expect((await play(sandbox!, name, `return '${name}'`)).end).toEqual({ type: "returned", value: name });
      await until(() => launcher.pid !== null || name !== "c");
    }
    expect(launcher.pid).not.toBe(first);
  });

  test("that stands still is given up", async () => {
    await open();
    await play(sandbox!, "a", "return 1");
    const first = launcher.pid!;
    process.kill(first, "SIGSTOP");
    const stuck = play(sandbox!, "a", STUCK, { cpuMs: 20 });
    expect((await stuck).end.type).toBe("timed_out");
    expect((await play(sandbox!, "b", "return 1")).end).toEqual({ type: "returned", value: 1 });
    await until(() => !isAlive(first));
  });
});

onLinux("a host", () => {
  const here = new URL("./", import.meta.url).href;

  test("that is killed leaves neither its launcher nor a worker behind", async () => {
    const file = join(folder, "host.mjs");
    writeFileSync(
      file,
      `import { play, readyLauncher, sandboxBy } from "${here}starting.ts";
       const launcher = await readyLauncher();
       const sandbox = sandboxBy(launcher);
       void play(sandbox, "a", ${JSON.stringify(STUCK)}, { cpuMs: 3_600_000, onMark: () => setTimeout(() => console.log(launcher.pid), 100) });`,
    );
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      const host = spawn(process.execPath, ["--no-warnings", file], { stdio: ["ignore", "pipe", "inherit"] });
      const [said] = (await once(host.stdout, "data")) as [Buffer];
      const left = childPids(host.pid!);
      expect(left).toContain(Number(said));
      expect(workerPids(Number(said)).length).toBeGreaterThan(0);
      host.kill(signal);
      await until(() => left.every((pid) => !isAlive(pid)));
    }
  });

  test("that has nothing left to do ends by itself, its launcher being idle", async () => {
    const file = join(folder, "idle.mjs");
    writeFileSync(
      file,
      `import { play, readyLauncher, sandboxBy } from "${here}starting.ts";
       const launcher = await readyLauncher();
       await play(sandboxBy(launcher), "a", "return 1");
       console.log(launcher.pid);`,
    );
    const host = spawn(process.execPath, ["--no-warnings", file], { stdio: ["ignore", "pipe", "inherit"] });
    const said = once(host.stdout, "data") as Promise<[Buffer]>;
    expect(await once(host, "exit")).toEqual([0, null]);
    const launcher = Number((await said)[0]);
    await until(() => !isAlive(launcher));
  });
});
