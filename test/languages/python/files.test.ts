// Several files under one root, helpers of the platform, and packages by wheels.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { chmodSync, symlinkSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Outcome, type Runtime, type RuntimeOptions, createRuntime } from "../../../runtime/index.ts";
import { SILENT_LOGGER, contextOf } from "../../runtime/executing.ts";
import { temporaryFolder } from "./folders.ts";
import { makeWheel } from "./wheel.ts";

const start = (options: RuntimeOptions = {}): Promise<Runtime> =>
  createRuntime({ logger: SILENT_LOGGER, workers: 1, ...options });

let common: Runtime;
beforeAll(async () => {
  common = await start();
});
afterAll(() => common.close());

/** In the common runtime, or with options in one of its own. */
async function execute(file: string, options: RuntimeOptions | null = null, root?: string): Promise<Outcome> {
  const action = { file, ...(root === undefined ? {} : { root }) };
  if (options === null) return common.execute({ action, context: contextOf("chat") });
  await using runtime = await start(options);
  return await runtime.execute({ action, context: contextOf("chat") });
}

const told = ({ status, error, returnValue }: Outcome): unknown[] => [status, error?.message, returnValue];

test("an action imports the files below its root: siblings, packages, relative names", async () => {
  const folder = temporaryFolder({
    "actions/main.py":
      "import helpers\nfrom shop.orders import find\nfrom shop import prices as p\n\ndef execute_action(context):\n    return [helpers.name(), find(), p.VAT, __name__]\n",
    "actions/helpers.py": "def name(): return 'sibling'\n",
    "shop/__init__.py": "",
    "shop/orders.py": "from .prices import VAT\nfrom . import prices\ndef find(): return [VAT, prices.VAT]\n",
    "shop/prices.py": "VAT = 19\n",
  });
  const outcome = await execute(join(folder, "actions/main.py"), null, folder);
  expect(told(outcome)).toEqual(["returned", undefined, ["sibling", [19, 19], 19, "actions.main"]]);
});

test("an error in an imported file shows that file's line", async () => {
  const folder = temporaryFolder({
    "main.py": "import helpers\ndef execute_action(context):\n    return helpers.fail()\n",
    "helpers.py": "\n\ndef fail():\n    return 1 / 0\n",
  });
  const { error } = await execute(join(folder, "main.py"));
  expect(error?.stack).toContain("    at fail (helpers.py:4:12)\n    at execute_action (main.py:3:12)");
  expect(error?.frame).toContain("> 4 |     return 1 / 0");
});

test("an imported file that does not compile is invalid, at its own line", async () => {
  const folder = temporaryFolder({
    "main.py": "import helpers\ndef execute_action(context): return 1\n",
    "helpers.py": "def broken(:\n",
  });
  const outcome = await execute(join(folder, "main.py"));
  expect([outcome.status, outcome.error?.code]).toEqual(["invalid", "SYNTAX_ERROR"]);
  expect(outcome.error?.message).toMatch(/^helpers\.py:1:/);
});

test("no file outside of the root is imported, by no link", async () => {
  const outside = temporaryFolder({ "secret.py": "VALUE = 'outside'\n" });
  const folder = temporaryFolder({ "main.py": "import secret\ndef execute_action(context): return secret.VALUE\n" });
  symlinkSync(join(outside, "secret.py"), join(folder, "secret.py"));
  const outcome = await execute(join(folder, "main.py"));
  expect([outcome.status, outcome.error?.code]).toEqual(["invalid", "IMPORT_REFUSED"]);
});

test("globals put a file's public names among the builtins of every action, and of its modules", async () => {
  const folder = temporaryFolder({
    "main.py":
      "import other\ndef execute_action(context):\n    return [fetch_order('A'), other.again(), 'json' in dir(__builtins__) if False else None]\n",
    "other.py": "def again(): return fetch_order('B')\n",
    "lib/helpers.py":
      "import json\ndef fetch_order(id): return _own(id)\ndef _own(id): return json.dumps({'id': id})\n",
  });
  const outcome = await execute(join(folder, "main.py"), { python: { globals: join(folder, "lib/helpers.py") } });
  expect(told(outcome)).toEqual(["returned", undefined, ['{"id": "A"}', '{"id": "B"}', null]]);
  const missing = await execute(join(folder, "main.py"), { python: { globals: join(folder, "nothing.py") } });
  expect(missing.error).toMatchObject({ code: "IMPORT_NOT_FOUND", message: expect.stringContaining("python.globals") });
});

const WHEEL = "tinylib-1.0-py3-none-any.whl";
const wheel = makeWheel({
  "tinylib/__init__.py": "from .core import double\n__version__ = '1.0'\n",
  "tinylib/core.py": "def double(n):\n    return n * 2\n\ndef fail():\n    raise ValueError('in the wheel')\n",
  "tinylib-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tinylib\nVersion: 1.0\n",
});
const sha256 = createHash("sha256").update(wheel).digest("hex");
const USES = "import tinylib\ndef execute_action(context): return [tinylib.double(21), tinylib.__version__]\n";

test("an allowed wheel is imported, in the very bytes that are allowed", async () => {
  const folder = temporaryFolder({ "main.py": USES, [`wheels/${WHEEL}`]: wheel });
  const packages = (allow: Record<string, string>) => ({
    python: { packages: { folder: join(folder, "wheels"), allow } },
  });
  expect(told(await execute(join(folder, "main.py"), packages({ [WHEEL]: sha256 })))).toEqual([
    "returned",
    undefined,
    [42, "1.0"],
  ]);
  const other = await execute(join(folder, "main.py"), packages({ [WHEEL]: "0".repeat(64) }));
  expect(other.error).toMatchObject({ code: "PACKAGE_UNAVAILABLE", message: expect.stringContaining(sha256) });
  const none = await execute(join(folder, "main.py"));
  expect(none.error).toMatchObject({ name: "ModuleNotFoundError" });
});

test.each([
  ["compiled code", { "fast/x.cpython-314.so": "x" }, "compiled code"],
  ["no archive", null, "no ZIP archive"],
])("a wheel with %s is refused with a sentence", async (_, files, sentence) => {
  const bytes = files === null ? Buffer.from("nothing") : makeWheel(files);
  const name = "fast-1-py3-none-any.whl";
  const folder = temporaryFolder({ "main.py": USES, [`wheels/${name}`]: bytes });
  const allow = { [name]: createHash("sha256").update(bytes).digest("hex") };
  const outcome = await execute(join(folder, "main.py"), {
    python: { packages: { folder: join(folder, "wheels"), allow } },
  });
  expect(outcome.error).toMatchObject({ code: "PACKAGE_UNAVAILABLE", message: expect.stringContaining(sentence) });
});

test("settings that are not valid name their key", async () => {
  await expect(createRuntime({ python: { packages: { folder: "x", allow: { a: "short" } } } })).rejects.toThrow(
    "python.packages.allow.a",
  );
});

test("helpers and wheels that only the host's own user may read are read all the same", async () => {
  const name = "own-1.0-py3-none-any.whl";
  const bytes = makeWheel({ "own/__init__.py": "VALUE = 'wheel'\n" });
  const folder = temporaryFolder({
    "helpers.py": "def helper(): return 'helper'\n",
    [`wheels/${name}`]: bytes,
    "main.py": "import own\ndef execute_action(context): return [helper(), own.VALUE]\n",
  });
  chmodSync(join(folder, "helpers.py"), 0o600);
  chmodSync(join(folder, "wheels"), 0o700);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const python = {
    globals: join(folder, "helpers.py"),
    packages: { folder: join(folder, "wheels"), allow: { [name]: sha256 } },
  };
  expect(told(await execute(join(folder, "main.py"), { python }))).toEqual([
    "returned",
    undefined,
    ["helper", "wheel"],
  ]);
});
