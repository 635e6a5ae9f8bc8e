/** Compile processes parse hostile text with native code: what the operating system holds around them, read from outside. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Runtime, createRuntime } from "../../../runtime/index.ts";
import type { WallName } from "../../../sandbox/index.ts";
import { SILENT } from "../harness.ts";
import { childPids, processes, until } from "../../processes.ts";

const ownPath = fileURLToPath(new URL("../../../", import.meta.url));

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ logger: SILENT });
  await runtime.compile({ source: "export const execute_action = () => 1" });
});
afterAll(() => runtime.close());

const compilers = (): number[] => {
  const own = new Set(childPids());
  return processes()
    .filter(({ pid, command }) => own.has(pid) && /^\S*node .*compile\/child\.[jt]s/.test(command))
    .map(({ pid }) => pid);
};
const status = (pid: number, name: string): string =>
  new RegExp(`^${name}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]!;
const stands = (name: WallName): boolean => runtime.walls.some((wall) => wall.name === name && wall.stands);

function testWall(name: WallName, sentence: string, body: (pid: number) => Promise<void> | void): void {
  test(`${name}: ${sentence}`, async () => {
    if (!stands(name)) return console.warn(`this machine has no wall ${name}`);
    await body(compilers()[0]!);
  });
}

(process.platform === "linux" ? describe : describe.skip)("a compile process", () => {
  testWall("no-new-privileges", "has no capability and gains none", (pid) => {
    expect(status(pid, "NoNewPrivs")).toBe("1");
    expect(status(pid, "CapEff")).toBe("0000000000000000");
  });
  testWall("nobody", "is nobody", (pid) => expect(status(pid, "Uid")).toMatch(/^65534\t65534/));
  testWall("network", "has no network", (pid) =>
    expect(readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(readlinkSync("/proc/self/ns/net")),
  );
  testWall("processes", "sees no process but its own", (pid) => {
    expect(readlinkSync(`/proc/${pid}/ns/pid`)).not.toBe(readlinkSync("/proc/self/ns/pid"));
    expect(status(pid, "NSpid").split("\t").at(-1)).toBe("1");
  });
  testWall("read-only-view", "can write no file", (pid) => {
    const root = readFileSync(`/proc/${pid}/mountinfo`, "utf8")
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([, , , , point]) => point === "/");
    expect(root.at(-1)![5]).toMatch(/^ro\b/);
  });
  testWall("read-only-view", "sees what it is made of, and nothing else of the machine", (pid) => {
    const seen = (path: string): string[] => readdirSync(`/proc/${pid}/root${path}`).sort();
    expect(seen("/").filter((name) => ["home", "root", "var", "srv", "run", "mnt", "opt", "boot", "sys"].some((gone) => gone === name && !process.execPath.startsWith(`/${gone}/`) && !ownPath.startsWith(`/${gone}/`)))).toEqual([]);
    expect(seen("/etc").filter((name) => !/^ld[.-]/.test(name))).toEqual([]);
    expect(() => readFileSync(`/proc/${pid}/root/etc/passwd`)).toThrow(/ENOENT/);
    const other = mkdtempSync(join(tmpdir(), "baton-secret-"));
    expect(existsSync(`/proc/${pid}/root${other}`)).toBe(false);
    rmSync(other, { recursive: true });
  }); // prettier-ignore
  testWall("memory-cgroup", "is held to its memory by the kernel", async (pid) => {
    await until(() => /memory:.*baton-|0::.*baton-/.test(readFileSync(`/proc/${pid}/cgroup`, "utf8")));
  });

  test("reads a root that only the host's own user may read", async () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), "baton-root-")));
    chmodSync(root, 0o700);
    writeFileSync(join(root, "a.ts"), 'import { n } from "./b.ts"; export const execute_action = () => n;', {
      mode: 0o600,
    });
    writeFileSync(join(root, "b.ts"), "export const n = 7;", { mode: 0o600 });
    const outcome = await runtime.execute({ action: { file: join(root, "a.ts"), root }, context: { args: {} } });
    rmSync(root, { recursive: true });
    expect({ value: outcome.returnValue, error: outcome.error }).toEqual({ value: 7, error: undefined });
  });

  test("is handed a file anew after another has taken its place, and packages whose folder was moved away", async () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), "baton-root-")));
    const modules = join(root, "packages", "node_modules");
    const install = (n: number): void => {
      mkdirSync(join(modules, "p"), { recursive: true });
      writeFileSync(join(modules, "p", "package.json"), '{ "name": "p", "version": "1.0.0", "main": "index.js" }');
      writeFileSync(join(modules, "p", "index.js"), `exports.p = ${n};`);
    };
    install(1);
    writeFileSync(join(root, "a.ts"), 'import { n } from "./b.ts"; import { p } from "p"; export const execute_action = () => [n, p];');
    await using own = await createRuntime({ logger: SILENT, packages: { folder: join(root, "packages"), allow: { p: "1.0.0" } } });
    const ask = async () => (await own.execute({ action: { file: join(root, "a.ts"), root }, context: { args: {} } })).returnValue;
    writeFileSync(join(root, "b.ts"), "export const n = 1;");
    expect(await ask()).toEqual([1, 1]);
    writeFileSync(join(root, "c.ts"), "export const n = 2;");
    renameSync(join(root, "c.ts"), join(root, "b.ts"));
    expect(await ask()).toEqual([2, 1]);
    renameSync(modules, join(root, "packages", "old"));
    install(3);
    expect(await ask()).toEqual([2, 3]);
    // A store of packages beside the folder, with links into it.
    rmSync(modules, { recursive: true });
    mkdirSync(join(root, "store"));
    renameSync(join(root, "packages", "old"), join(root, "store", "node_modules"));
    symlinkSync(join(root, "store", "node_modules"), modules);
    expect(await ask()).toEqual([2, 1]);
    rmSync(root, { recursive: true });
  }); // prettier-ignore

  test("is gone after close, with esbuild and all that stood around it", async () => {
    const others = compilers();
    const own = await createRuntime({ logger: SILENT });
    await own.compile({ source: "export const execute_action = () => 2" });
    const its = compilers().filter((pid) => !others.includes(pid));
    expect(its).not.toEqual([]);
    await own.close();
    await until(() => compilers().every((pid) => !its.includes(pid)));
    await runtime.close();
    await until(() => compilers().length === 0);
  });
});
