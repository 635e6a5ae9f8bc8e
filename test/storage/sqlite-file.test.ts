// The file of a SQLite store: one that cannot be written, is no file, or is taken away while it is open. Each would lose hand-offs in silence.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { openHandoffs } from "../../delivery/index.ts";
import { recordRequest } from "../delivery/fixtures.ts";

const folder = mkdtempSync(join(tmpdir(), "baton-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
const open = (path: string) => openHandoffs({ store: `sqlite:${path}`, relay: false });

async function readyStore(path: string): Promise<void> {
  await (await open(path)).close();
}

describe("an address", () => {
  test.each(["file::memory:", "file:x.db?mode=memory", "file:/x?vfs=memdb", "file:x.db", "//baton.db", "//:memory:"])(
    "sqlite:%s is no path, and would be a store in memory, or another file",
    async (path) => {
      await expect(open(path)).rejects.toMatchObject({
        code: "STORE_ADDRESS_INVALID",
        retry: "never",
        message: expect.stringContaining('"store" should have a path after sqlite:'),
      });
    },
  );

  test("of no folder, and of a folder, says so", async () => {
    await expect(open(join(folder, "no", "x.db"))).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      retry: "never",
      message: expect.stringContaining(`there is no folder ${join(folder, "no")}`),
    });
    await expect(open(folder)).rejects.toMatchObject({ message: expect.stringContaining("it is no file") });
  });
});

describe("a store that may only be read is refused at its opening, and not at the first hand-off", () => {
  /** What keeps another user, who does not own the files, from writing to it; null where this program is not that user's to read. */
  function asAnother(path: string): string | null {
    const module = new URL("../../storage/sqlite-file.ts", import.meta.url).href;
    const script = `const { requireWritable } = await import(${JSON.stringify(module)});
      try { requireWritable(${JSON.stringify(path)}); console.log("it may be written"); } catch (error) { console.log(error.message); }`;
    const child = spawnSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", script], {
      encoding: "utf8",
      cwd: "/",
      ...(process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}),
    });
    return child.status === 0 ? child.stdout : null;
  }

  test.each([
    ["the file", 0o444, 0o777, "readable.db may not be written (EACCES)"],
    ["the folder, where the log has to go", 0o666, 0o555, "SQLite keeps its log beside it"],
  ])("%s", async (_, file, of, says) => {
    const place = mkdtempSync(join(folder, "only-"));
    chmodSync(folder, 0o755);
    const path = join(place, "readable.db");
    await readyStore(path);
    chmodSync(path, file);
    chmodSync(place, of);
    const said = asAnother(path);
    if (said === null)
      console.warn("Skipped: another user cannot read this program, so that its rights are not tried.");
    else expect(said).toContain(says);
    chmodSync(place, 0o755);
  });

  const mounted = join(folder, "mounted");
  mkdirSync(mounted);
  const canMount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", mounted]).status === 0;
  if (!canMount) console.warn("Skipped: nothing can be mounted here, so that a read-only file system is not tried.");
  afterAll(() => void (canMount && spawnSync("umount", [mounted])));
  (canMount ? test : test.skip)("the file system", async () => {
    const path = join(mounted, "handoffs.db");
    await readyStore(path);
    expect(spawnSync("mount", ["-o", "remount,ro", mounted]).status).toBe(0);
    await expect(open(path)).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining("EROFS"),
    });
  });
});

describe("a file that is taken away while it is open", () => {
  const gone = {
    code: "STORE_DAMAGED",
    retry: "never",
    message: expect.stringContaining("moved, replaced or deleted"),
  };

  test.each([
    ["deleted", (path: string) => rmSync(path)],
    ["moved", (path: string) => renameSync(path, `${path}.old`)],
    ["replaced by a copy from before", (path: string) => renameSync(`${path}.copy`, path)],
  ])("%s: no hand-off is acknowledged into it, and the bot is not told of it", async (_, take) => {
    const path = join(mkdtempSync(join(folder, "gone-")), "handoffs.db");
    await readyStore(path);
    copyFileSync(path, `${path}.copy`);
    await using handoffs = await open(path);
    const claim = recordRequest();
    expect(await handoffs.record(claim)).toMatchObject({ verdict: "recorded" });
    take(path);
    await expect(handoffs.record(recordRequest())).rejects.toMatchObject(gone);
    await expect(handoffs.canReply(claim)).rejects.toMatchObject(gone);
  });

  test("a process that changes its folder has not lost its file", async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      await using handoffs = await open("relative.db");
      process.chdir("/");
      expect(await handoffs.record(recordRequest())).toMatchObject({ verdict: "recorded" });
    } finally {
      process.chdir(before);
    }
  });
});
