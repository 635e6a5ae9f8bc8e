import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("what authors see type-checks without Node's types, and refuses what the contract refuses", async () => {
  const compiler = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  const checked = await promisify(execFile)(process.execPath, [compiler, "-p", "test/types"], { cwd: ROOT }).catch(
    (error: { stdout: string }) => error,
  );
  expect(checked.stdout).toBe("");
});
