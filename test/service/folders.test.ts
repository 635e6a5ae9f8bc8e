// Versions of several files on a node's disk: written once, and bounded however much tenants deploy.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { createFolders } from "../../service/folders.ts";

const files = (text: string) => ({ "action.ts": text, "lib/b.ts": "b" });

test("a content is written once, and the folder of all goes with the node", async () => {
  const folders = createFolders();
  const [one, two] = await Promise.all([folders.of("h1", files("x")), folders.of("h1", files("x"))]);
  expect(one).toBe(two);
  expect(readFileSync(join(one, "lib/b.ts"), "utf8")).toBe("b");
  const root = await folders.root();
  expect(readdirSync(root)).toEqual(["h1"]);
  await folders.close();
  expect(existsSync(root)).toBe(false);
});

test("what was not used for longest goes once there are too many bytes, but not what may be read right now", async () => {
  let now = 0;
  const folders = createFolders({ mostBytes: 40_000, readMs: 100, now: () => now });
  const write = (name: string) => folders.of(name, files("x".repeat(10_000)));
  const first = await write("h0");
  for (let at = 1; at < 8; at += 1) await write(`h${at}`);
  expect(existsSync(first)).toBe(true);
  now = 200;
  await write("h1");
  await write("h8");
  await write("h0");
  const again = await write("h0");
  expect(again).toBe(first);
  expect(readFileSync(join(again, "action.ts"), "utf8")).toHaveLength(10_000);
  const left = readdirSync(await folders.root());
  expect(left).toEqual(expect.arrayContaining(["h0", "h1", "h8"]));
  expect(left.length).toBeLessThanOrEqual(4);
  await folders.close();
});

test("what cannot be written leaves nothing behind, and is tried again", async () => {
  const folders = createFolders();
  await expect(folders.of("h1", { "a.ts": "x", "a.ts/b.ts": "y" })).rejects.toThrow();
  expect(readdirSync(await folders.root())).toEqual([]);
  expect(existsSync(join(await folders.of("h1", files("x")), "action.ts"))).toBe(true);
  await folders.close();
});
