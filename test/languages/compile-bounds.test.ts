import { describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { ActionSource } from "../../languages/action.ts";
import { isAlive, until } from "../processes.ts";
import { bundleOf, compiler, compileProcesses, failureOf, firstOf, folderWith, LIMITS } from "./compiling.ts";

const GOOD = "export const execute_action = () => 1;";
const onLinux = process.platform === "linux" ? test : test.skip;

describe("compiling is bounded", () => {
  onLinux("past compileMs the process and esbuild's child are killed, and the next compile works", async () => {
    const one = compiler();
    bundleOf(await one.compile({ source: GOOD }, LIMITS));
    const before = compileProcesses();
    expect(before).toHaveLength(2);
    const slow = { source: "(".repeat(150_000) };
    expect(failureOf(await one.compile(slow, { ...LIMITS, compileMs: 20 })).code).toBe("COMPILE_TIMEOUT");
    await until(() => !before.some(isAlive));
    bundleOf(await one.compile({ source: `${GOOD}//2` }, LIMITS));
  });

  test("a source nested too deeply ends as a diagnostic, and the next compile works", async () => {
    const one = compiler();
    const deep = failureOf(await one.compile({ source: "(".repeat(1_000_000) }, { ...LIMITS, compileMs: 25_000 }));
    expect(["COMPILE_OUT_OF_MEMORY", "COMPILE_CRASHED"]).toContain(deep.code);
    bundleOf(await one.compile({ source: GOOD }, LIMITS));
  });

  onLinux("a compile process that dies while it works is a diagnostic, and is not remembered", async () => {
    const one = compiler();
    const action = { source: `${GOOD}\n// ${"x".repeat(500_000)}\n${"f(".repeat(100_000)}1${")".repeat(100_000)}` };
    const compiling = one.compile(action, LIMITS);
    await until(() => compileProcesses().length > 0);
    for (const pid of compileProcesses()) process.kill(pid, "SIGKILL");
    const died = await compiling.catch((fault: { code: string }) => fault.code);
    expect(typeof died === "string" ? died : failureOf(died).code).toMatch(/^COMPILE_CRASHED$|^COMPILER_UNAVAILABLE$/);
    bundleOf(await one.compile({ source: GOOD }, LIMITS));
  });

  test("a source over its limit in bytes starts nothing", async () => {
    const compiled = await compiler().compile({ source: `// ${"é".repeat(60)}` }, { ...LIMITS, sourceBytes: 100 });
    expect(firstOf(compiled)).toMatchObject({ code: "SOURCE_TOO_LARGE", file: "action.ts" });
    if (process.platform === "linux") expect(compileProcesses()).toEqual([]);
    bundleOf(await compiler().compile({ source: `// ${"e".repeat(97)}` }, { ...LIMITS, sourceBytes: 100 }));
  });

  test("a bundle over its limit is refused, from the cache too, and accepted under a wider one", async () => {
    const one = compiler();
    const action = { source: `export const execute_action = () => "${"x".repeat(5_000)}";` };
    for (const bundleBytes of [4_000, 3_000]) {
      expect(failureOf(await one.compile(action, { ...LIMITS, bundleBytes })).code).toBe("BUNDLE_TOO_LARGE");
    }
    const bundle = bundleOf(await one.compile(action, LIMITS));
    const size = Buffer.byteLength(bundle.script);
    bundleOf(await one.compile(action, { ...LIMITS, bundleBytes: size }));
    expect(failureOf(await one.compile(action, { ...LIMITS, bundleBytes: size - 1 })).code).toBe("BUNDLE_TOO_LARGE");
  });

  onLinux("close leaves no process, ends what waits with a fault, and a closed compiler says so", async () => {
    const one = compiler();
    const waiting = [1, 2, 3].map((n) =>
      one.compile({ source: `${GOOD}//${n}\n${"(".repeat(100_000)}` }, LIMITS).catch((e) => e.code),
    );
    await until(() => compileProcesses().length > 0);
    const pids = compileProcesses();
    await one.close();
    expect(await Promise.all(waiting)).toEqual(["COMPILER_CLOSED", "COMPILER_CLOSED", "COMPILER_CLOSED"]);
    await until(() => !pids.some(isAlive) && compileProcesses().length === 0);
    await expect(one.compile({ source: GOOD }, LIMITS)).rejects.toMatchObject({ code: "COMPILER_CLOSED" });
  });

  onLinux("an idle process retires by itself, and the next compile starts another", async () => {
    const one = compiler({ idleMs: 50 });
    bundleOf(await one.compile({ source: GOOD }, LIMITS));
    await until(() => compileProcesses().length === 0);
    bundleOf(await one.compile({ source: `${GOOD}//2` }, LIMITS));
  });

  onLinux("a host that ends without close, by itself or by SIGKILL, takes its compile processes along", async () => {
    const module = JSON.stringify(new URL("../../languages/compile/compiler.ts", import.meta.url).href);
    const languages = JSON.stringify(new URL("../../languages/index.ts", import.meta.url).href);
    for (const last of ["", "process.kill(process.pid, 'SIGKILL')"]) {
      const code = `const { createCompiler } = await import(${module});
        const { shippedLanguages } = await import(${languages});
        const c = await createCompiler({ languages: shippedLanguages() }).compile({ source: "export const a = 1" }, ${JSON.stringify(LIMITS)});
        const { readFileSync } = await import("node:fs");
        const child = readFileSync("/proc/self/task/" + process.pid + "/children", "utf8").trim().split(" ");
        const own = child.map((p) => p + " " + readFileSync("/proc/" + p + "/task/" + p + "/children", "utf8")).join(" ");
        process.stdout.write(c.ok + " " + own); ${last}`;
      // NODE_OPTIONS of an odd host must not reach the compile process.
      const env = { ...process.env, NODE_OPTIONS: "--no-deprecation" };
      const host = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
        encoding: "utf8",
        env,
        timeout: 60_000,
      });
      const [ok, ...pids] = host.stdout.trim().split(/\s+/);
      expect(ok).toBe("true");
      expect(pids.length).toBeGreaterThanOrEqual(2);
      await until(() => !pids.some((pid) => isAlive(Number(pid))));
    }
  });
});

describe("the bundle cache", () => {
  onLinux("starts nothing before the first compile, and at most two processes", async () => {
    const one = compiler();
    expect(compileProcesses()).toEqual([]);
    const compiled = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => one.compile({ source: `${GOOD}//${n}` }, LIMITS)));
    compiled.forEach(bundleOf);
    expect(new Set(compiled.map((each) => each.hash)).size).toBe(6);
    expect(compileProcesses()).toHaveLength(4);
  });

  test("the same action is compiled once, also when asked for at the same time, and found by its hash", async () => {
    const one = compiler();
    const [a, b] = await Promise.all([one.compile({ source: GOOD }, LIMITS), one.compile({ source: GOOD }, LIMITS)]);
    expect(a).toBe(b);
    expect(await one.compile({ source: GOOD }, LIMITS)).toBe(a);
    expect(await one.compile({ hash: a.hash }, LIMITS)).toBe(a);
    expect(a.hash).toMatch(/^[0-9a-f]{64}$/);
    expect((await one.compile({ source: GOOD, filename: "b.ts" }, LIMITS)).hash).not.toBe(a.hash);
    expect((await compiler().compile({ source: GOOD }, LIMITS)).hash).toBe(a.hash);
  });

  test("what does not compile is remembered, a timeout is not", async () => {
    const one = compiler();
    const bad = await one.compile({ source: "const = 1" }, LIMITS);
    expect(await one.compile({ source: "const = 1" }, LIMITS)).toBe(bad);
    const slow = { source: `${GOOD}\nexport const x = ${"(".repeat(10_000)}1${")".repeat(10_000)};` };
    expect(failureOf(await one.compile(slow, { ...LIMITS, compileMs: 1 })).code).toBe("COMPILE_TIMEOUT");
    bundleOf(await one.compile(slow, LIMITS));
  });

  test("an unknown hash is told, and the least recently used bundle is given up first", async () => {
    const one = compiler({ cacheBytes: 12_000 });
    expect(failureOf(await one.compile({ hash: "0".repeat(64) }, LIMITS)).code).toBe("ACTION_UNKNOWN");
    const hashes: string[] = [];
    for (const n of [1, 2, 3, 4, 5]) hashes.push((await one.compile({ source: `${GOOD}//${n}` }, LIMITS)).hash);
    expect(failureOf(await one.compile({ hash: hashes[0]! }, LIMITS)).code).toBe("ACTION_UNKNOWN");
    bundleOf(await one.compile({ hash: hashes[4]! }, LIMITS));
  });

  test("a change of an imported file, and a new file that takes its place, are noticed", async () => {
    const folder = folderWith({
      "action.ts": 'export { x as execute_action } from "./x";',
      "x.js": "export const x = 'old';",
    });
    const one = compiler();
    const action = { file: join(folder, "action.ts") };
    const first = bundleOf(await one.compile(action, LIMITS));
    expect(await one.compile(action, LIMITS)).toBe(first);
    writeFileSync(join(folder, "x.js"), "export const x = 'new';");
    const second = bundleOf(await one.compile(action, LIMITS));
    expect(second.script).toContain("new");
    expect(second.hash).not.toBe(first.hash);
    writeFileSync(join(folder, "x.ts"), "export const x: string = 'before';");
    expect(bundleOf(await one.compile(action, LIMITS)).script).toContain("before");
  });

  test("an import that was missing is found once it is there", async () => {
    const folder = folderWith({ "action.ts": 'export { x as execute_action } from "./x.ts";' });
    const one = compiler();
    expect(failureOf(await one.compile({ file: join(folder, "action.ts") }, LIMITS)).code).toBe("IMPORT_NOT_FOUND");
    writeFileSync(join(folder, "x.ts"), "export const x = () => 1;");
    bundleOf(await one.compile({ file: join(folder, "action.ts") }, LIMITS));
  });
});

describe("reading an action's file", () => {
  test.each<[string, (folder: string) => ActionSource, string, string]>([
    ["is missing", (f) => ({ file: join(f, "none.ts") }), "ACTION_UNREADABLE", "there is no such file"],
    ["is a directory", (f) => ({ file: f }), "ACTION_UNREADABLE", "it is a directory"],
    ["is a device", () => ({ file: "/dev/zero" }), "ACTION_UNREADABLE", "not a regular file"],
    ["is binary", (f) => ({ file: join(f, "bin.ts") }), "SOURCE_NOT_TEXT", "binary"],
    ["is not UTF-8", (f) => ({ file: join(f, "latin.ts") }), "SOURCE_NOT_TEXT", "not UTF-8"],
    ["is too large", (f) => ({ file: join(f, "big.ts") }), "SOURCE_TOO_LARGE", "larger than"],
    [
      "lies outside its root",
      (f) => ({ file: join(f, "big.ts"), root: join(f, "sub") }),
      "ACTION_UNREADABLE",
      "outside its root",
    ],
    ["has no root", (f) => ({ file: join(f, "latin.ts"), root: join(f, "none") }), "ACTION_UNREADABLE", "of its root"],
  ])("a file that %s is one sentence without a path of the host", async (_name, action, code, sentence) => {
    const folder = folderWith({
      "bin.ts": Uint8Array.from([1, 0, 2, 255]),
      "latin.ts": Uint8Array.from([0x61, 0xe9, 0x0a]),
      "big.ts": "x".repeat(LIMITS.sourceBytes + 1),
      "sub/a.ts": "",
    });
    const error = firstOf(await compiler().compile(action(folder), LIMITS));
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
    expect(error.message).not.toContain(`${folder}/`);
  });

  (process.getuid?.() === 0 ? test.skip : test)("a file without permission is one sentence", async () => {
    const folder = folderWith({ "a.ts": GOOD });
    chmodSync(join(folder, "a.ts"), 0);
    expect(firstOf(await compiler().compile({ file: join(folder, "a.ts") }, LIMITS)).message).toContain("permission");
  });
});
