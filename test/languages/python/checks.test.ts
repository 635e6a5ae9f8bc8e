// What `baton check` finds in Python beyond what compiling says: work that nothing awaits, and an entry point under a name that is nearly right.
import { expect, test } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkByLanguage } from "../../../author/check/by-language.ts";
import { looksLikeAction } from "../../../author/scenarios/files.ts";
import { temporaryFolder } from "./folders.ts";

async function found(source: string): Promise<unknown[]> {
  const file = join(temporaryFolder({ "x.py": "" }), "x.py");
  writeFileSync(file, source);
  return (await checkByLanguage(file, true)).map(({ code, line, column }) => [code, line, column]);
}

const LATER = "import asyncio\nasync def later(c): pass\nasync def execute_action(context):\n";

test.each([
  ["asyncio.create_task(later(context))", [["WORK_LEFT_OPEN", 4, 5]]],
  ["asyncio.ensure_future(later(context))", [["WORK_LEFT_OPEN", 4, 5]]],
  ["asyncio.sleep(1)", [["AWAIT_MISSING", 4, 5]]],
  ["later(context)", [["AWAIT_MISSING", 4, 5]]],
  ["task = asyncio.create_task(later(context))\n    await task", []],
  ["await asyncio.gather(later(context), asyncio.create_task(later(context)))", []],
])("work that nothing awaits: %s", async (line, expected) => {
  expect(await found(`${LATER}    ${line}\n`)).toEqual(expected);
});

test("a misspelt entry point makes its file an action, and is named", async () => {
  const folder = temporaryFolder({
    "x.py": "def execute_acton(context):\n    return 1\n",
    "lib.py": "def helper():\n    return 1\n",
  });
  expect([looksLikeAction(join(folder, "x.py")), looksLikeAction(join(folder, "lib.py"))]).toEqual([true, false]);
  expect(await checkByLanguage(join(folder, "x.py"), true)).toMatchObject([
    {
      code: "ENTRY_MISSING",
      line: 1,
      message: expect.stringContaining("did you mean execute_action where it says execute_acton?"),
    },
  ]);
});
