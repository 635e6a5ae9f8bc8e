import { describe, expect, test } from "@jest/globals";
import { usePython } from "./running.ts";

const { run } = usePython();

test.each<[string, unknown]>([
  ["return None", null],
  ["pass", null],
  ["return [1, 2.5, True, None, 'é', (1, 2)]", [1, 2.5, true, null, "é", [1, 2]]],
  ["return {1: 'a', None: 'b', True: 'c', 1.5: 'd'}", { "1": "c", null: "b", "1.5": "d" }],
  [
    "import datetime\nreturn [datetime.date(2024, 1, 2), datetime.time(3, 4), datetime.datetime(2024, 1, 2, 3)]",
    ["2024-01-02", "03:04:00", "2024-01-02T03:00:00"],
  ],
  ["import uuid\nreturn uuid.UUID(int=5)", "00000000-0000-0000-0000-000000000005"],
  ["import enum\nclass E(enum.Enum):\n    A = 'x'\nclass I(enum.IntEnum):\n    B = 3\nreturn [E.A, I.B]", ["x", 3]],
  [
    "import dataclasses\n@dataclasses.dataclass\nclass D:\n    a: int\n    b: list\nreturn D(1, [D(2, [])])",
    { a: 1, b: [{ a: 2, b: [] }] },
  ],
  [
    "import collections\nreturn [collections.OrderedDict(a=1), collections.namedtuple('P', 'x y')(1, 2), collections.Counter('aa')]",
    [{ a: 1 }, [1, 2], { a: 2 }],
  ],
  ["return 2 ** 53", 2 ** 53],
  ["return context['args']", { orderId: "A-1" }],
])("%s", async (source, value) => {
  const outcome = await run(source);
  expect([outcome.status, outcome.error?.message, outcome.returnValue]).toEqual(["returned", undefined, value]);
});

test.each([
  [
    "import decimal\nreturn {'items': [1, {'price': decimal.Decimal('1.1')}]}",
    "['items'][1]['price'] is a Decimal: return str(value)",
  ],
  ["return {1, 2}", "is a set"],
  ["return b'x'", "is bytes"],
  ["return float('nan')", "is nan"],
  ["return [float('inf')]", "[0] is inf"],
  ["return 2 ** 53 + 1", "beyond 2**53"],
  ["x = []\nx.append(x)\nreturn x", "holds itself"],
  ["return object()", "is a object"],
  ["return print", "missing its parentheses"],
  ["return (i for i in [1])", "list(value)"],
  ["return {(1, 2): 3}", "key of type tuple"],
])("%s is refused with a sentence that says what to do", async (source, sentence) => {
  const outcome = await run(source);
  expect(outcome).toMatchObject({ status: "threw", error: { code: "RESULT_NOT_JSON" } });
  expect(outcome.error?.message).toContain(sentence);
});

test("a result over the limit says so", async () => {
  expect(await run("return 'x' * 300_000")).toMatchObject({ status: "threw", error: { code: "RESULT_TOO_LARGE" } });
  // Counted as the host will find it, not as ASCII.
  expect(await run("return 'é' * 100_000")).toMatchObject({ status: "returned" });
});

describe("async actions", () => {
  test("are awaited, and sleep without computing", async () => {
    const outcome = await run(
      "import asyncio, time\n\nasync def later(n):\n    await asyncio.sleep(0.02)\n    return n\n\nasync def execute_action(context):\n    time.sleep(0.01)\n    return await asyncio.gather(later(1), later(2), asyncio.to_thread(lambda: 3))\n",
    );
    expect(outcome).toMatchObject({ status: "returned", returnValue: [1, 2, 3] });
    expect(outcome.usage.wallMs).toBeGreaterThanOrEqual(30);
  });

  test("that wait for something that never comes are told where", async () => {
    const outcome = await run(
      "import asyncio\nasync def execute_action(context):\n    await asyncio.get_running_loop().create_future()\n",
    );
    expect(outcome.error).toMatchObject({ name: "RuntimeError", message: expect.stringContaining("never comes") });
    expect(outcome.error?.frame).toContain("> 3 |");
  });
});

test("print, logging and warnings are the logs", async () => {
  const outcome = await run(
    "import logging, sys, warnings\nprint('a', end='')\nprint('b\\nc')\nprint('oops', file=sys.stderr)\nlogging.debug('d')\nlogging.info('hi %s', 5)\nlogging.getLogger('x').warning('w')\nlogging.error('e')\nwarnings.warn('careful')\nsys.stdout.write('tail')",
  );
  expect(outcome.logs.map(({ level, message }) => [level, message])).toEqual([
    ["info", "ab"],
    ["info", "c"],
    ["error", "oops"],
    ["debug", "d"],
    ["info", "hi 5"],
    ["warn", "w"],
    ["error", "e"],
    ["warn", expect.stringContaining("careful")],
    ["info", "tail"],
  ]);
});

test("now and seed make everything repeatable", async () => {
  const source =
    "import random, uuid, secrets, time, datetime, os\nreturn [random.random(), str(uuid.uuid4()), secrets.token_hex(8), time.time(), datetime.datetime.now().isoformat(), hash('abc'), list({'a', 'b', 'c'}), os.urandom(4).hex(), time.monotonic()]";
  const over = { now: "2025-01-01T00:00:00Z", seed: "s" };
  const [first, second, other] = [
    await run(source, over),
    await run(source, over),
    await run(source, { ...over, seed: "t" }),
  ];
  expect(second.returnValue).toEqual(first.returnValue);
  expect((first.returnValue as unknown[])[4]).toBe("2025-01-01T00:00:00");
  expect((other.returnValue as unknown[])[0]).not.toBe((first.returnValue as unknown[])[0]);
  const [a, b] = [await run(source), await run(source)];
  expect((a.returnValue as unknown[])[0]).not.toBe((b.returnValue as unknown[])[0]);
});
