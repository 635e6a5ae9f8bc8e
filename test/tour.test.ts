// What `npm start` shows to those who have just cloned the repository: the same outcomes in both languages, on every channel.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../", import.meta.url));

test("the tour shows TypeScript and Python side by side, with the same outcome on every channel", async () => {
  const node = join(root, "node_modules/.bin/node");
  const { stdout } = await promisify(execFile)(node, ["scripts/tour.ts"], { cwd: root, env: { COLUMNS: "300" } });
  const rows = [...stdout.matchAll(/^ +(?:chat|email|phone)? +(TypeScript|Python) +(.*)$/gm)].map((row) =>
    row.slice(1),
  );
  expect(rows).toHaveLength(36);
  expect(rows.map(([language]) => language)).toEqual(Array.from({ length: 18 }, () => ["TypeScript", "Python"]).flat());
  const [typescript, python] = ["TypeScript", "Python"].map((name) =>
    rows.filter(([language]) => language === name).map(([, text]) => text),
  );
  expect(python).toEqual(typescript);
  expect(new Set(typescript).size).toBeGreaterThan(4);
});
