import { expect, test } from "@jest/globals";
import { usePython } from "./running.ts";

const { run } = usePython();

const CHAIN = `class Oops(Exception):
    pass

def inner(order):
    return order["total"] / order["count"]

def execute_action(context):
    try:
        return inner({"total": 1, "count": 0})
    except ZeroDivisionError as e:
        raise Oops("could not é divide") from e
`;

test("an exception shows the author's lines, and what caused it", async () => {
  const { status, error } = await run(CHAIN);
  expect([status, error?.code, error?.name, error?.message]).toEqual([
    "threw",
    "ACTION_THREW",
    "Oops",
    "could not é divide",
  ]);
  expect(error?.stack).toBe(
    [
      "Oops: could not é divide",
      "    at execute_action (x.py:11:9)",
      "Caused by: ZeroDivisionError: division by zero",
      "    at inner (x.py:5:12)",
      "    at execute_action (x.py:9:16)",
    ].join("\n"),
  );
  expect(error?.frame).toContain("> 11 |         raise Oops");
});

test("frames of the library and of ours are left out, columns count characters", async () => {
  const { error } = await run("import json\nx = 'é€😀'; return json.loads('{')");
  expect(error?.stack).toMatch(/^JSONDecodeError: .*\n {4}at execute_action \(x\.py:3:\d+\)$/);
  expect(error?.stack).not.toMatch(/baton|<|decoder\.py/);
});

test("a group shows its members", async () => {
  const { error } = await run("raise ExceptionGroup('several', [ValueError('a'), KeyError('b')])");
  expect(error?.stack).toContain("One of: ValueError: a");
  expect(error?.stack).toContain("One of: KeyError: 'b'");
});

test("what an error brings along stands in the outcome, each with its frame, notes included", async () => {
  const { error } = await run(
    `try:
    int('q')
except ValueError as e:
    e.add_note('while reading q'); bad = e
try:
    raise ExceptionGroup('several', [bad])
except* ValueError as group:
    raise KeyError('top') from group`,
  );
  expect(error?.inner).toEqual([
    {
      label: "Caused by",
      title: expect.stringMatching(/^ExceptionGroup: several/),
      frame: expect.stringContaining("raise ExceptionGroup"),
    },
    {
      label: "One of",
      title: expect.stringMatching(/^ValueError: invalid literal.*\nwhile reading q$/),
      frame: expect.stringContaining("int('q')"),
    },
  ]);
  expect((await run("return 1 / 0")).error).not.toHaveProperty("inner");
});

test("what was being handled is told", async () => {
  const { error } = await run("try:\n    1 / 0\nexcept Exception:\n    {}['x']");
  expect(error?.stack).toContain("While handling: ZeroDivisionError: division by zero");
});

test.each([
  ["def execute_action(context)\n    return 1\n", "SYNTAX_ERROR", "expected ':'", 1],
  ["def execute_action(context):\n    return 1 +\n", "SYNTAX_ERROR", "invalid syntax", 2],
  ["def execute_action(context):\n\tif 1:\n        return 1\n", "SYNTAX_ERROR", "inconsistent use of tabs", 3],
])("what does not compile is invalid before anything runs: %j", async (source, code, sentence, line) => {
  const { status, error, usage } = await run(source);
  expect([status, error?.code]).toEqual(["invalid", code]);
  expect(error?.message).toContain(sentence);
  expect(error?.message).toMatch(new RegExp(`^x\\.py:${line}:\\d+: `));
  expect(error?.frame).toContain(`> ${line} |`);
  expect(usage.hostCalls).toBe(0);
});

test.each([
  ["x = 1", "ENTRY_MISSING", "execute_action"],
  ["def executeAction(context): return 1\nx = 1", "ENTRY_MISSING", "did you mean execute_action"],
  ["execute_action = 5", "ENTRY_NOT_A_FUNCTION", "int"],
])("no entry point: %s", async (source, code, sentence) => {
  const { status, error } = await run(source);
  expect([status, error?.code]).toEqual(["invalid", code]);
  expect(error?.message).toContain(sentence);
});

test("an endless loop names its line, also where every exception is swallowed", async () => {
  const loop = "while True:\n    try:\n        while True: pass\n    except BaseException: pass";
  const { status, error } = await run(loop, { limits: { cpuMs: 300 } });
  expect([status, error?.code]).toEqual(["timed_out", "CPU_LIMIT"]);
  expect(error?.frame).toMatch(/> [2-5] \|/);
});

test("memory over the limit names the line", async () => {
  const { status, error } = await run("x = []\nwhile True: x.append(bytearray(10 ** 6))", { limits: { cpuMs: 5_000 } });
  expect([status, error?.code]).toEqual(["out_of_memory", "OUT_OF_MEMORY"]);
  expect(error?.frame).toContain("> 3 |");
});

test.each([
  ["return open('/etc/passwd').read()", "no files here"],
  ["import _thread\n_thread.start_new_thread(print, ())", "one thread"],
  ["return null", "None"],
  ["import socket", "no sockets"],
  ["import sys\nsys.exit(1)", "Return from execute_action"],
])("what people write from habit is answered with a hint: %s", async (source, hint) => {
  const { error } = await run(source);
  expect(error?.message).toContain(hint);
});
