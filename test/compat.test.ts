/** The script of well-known packages runs those that are installed in compat/, and says so of those that are not. */
import { expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { SNIPPETS } from "../compat/snippets.ts";
import { ROOT } from "./cli/baton.ts";

test("every installed package gives in an action what it gives in Node", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", "compat/run.ts"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const lines = stdout.trimEnd().split("\n");
  expect({ status, differing: lines.filter((line) => !/^(?:same|skipped) /.test(line)), stderr }).toEqual({
    status: 0,
    differing: [],
    stderr: "",
  });
  expect(lines).toHaveLength(SNIPPETS.length);
}, 600_000);
