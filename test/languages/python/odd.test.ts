// Values, exceptions and modules that behave as the ones of no well-meaning author do, and those that authors bring from other Pythons.
import { describe, expect, test } from "@jest/globals";
import { contextOf } from "../../runtime/executing.ts";
import { usePython } from "./running.ts";

const { run } = usePython();

describe("hand_off_conversation never raises", () => {
  test.each([
    [
      "a class that answers no question",
      "class E:\n    @property\n    def __class__(self): raise ZeroDivisionError",
      "E()",
    ],
    [
      "text whose every method raises",
      "class E(str):\n    def no(self, *_): raise ValueError\n    __len__ = __eq__ = __getitem__ = encode = __str__ = no\n    __hash__ = str.__hash__",
      "E('why')",
    ],
    [
      "an option whose key raises",
      "class K:\n    def __eq__(self, other): raise ValueError\n    def __hash__(self): return hash('reason')\nE = lambda: {K(): 1}",
      "E()",
    ],
    ["an exception", "E = lambda: ValueError('x')", "E()"],
    ["bytes", "", "b'x'"],
  ])("for %s as a reason, a number or a context", async (_, head, value) => {
    const source = `${head}\ndef execute_action(context):\n    return [hand_off_conversation(${value})["success"], hand_off_conversation(context, phone_destination=${value})["success"], hand_off_conversation(context, ${value})["success"]]\n`;
    const { status, error, intents } = await run(source, { context: contextOf("phone") });
    expect([status, error?.message]).toEqual(["returned", undefined]);
    expect(intents.map(({ verdict }) => verdict)).toEqual(["rejected", "rejected", "recorded"]);
  });
});

describe("an exception is told whatever it is", () => {
  const bad = (body: string): string =>
    `class Bad(Exception):\n    ${body}\ndef execute_action(context): raise Bad("m")\n`;
  test.each([
    ["whose text raises SystemExit", bad("def __str__(self): raise SystemExit"), "(its message could not be read)"],
    [
      "whose text is of an odd class",
      `class S(str):\n    def __getitem__(self, k): raise KeyError\n    def __add__(self, o): return 7\n${bad('def __str__(self): return S("seen")')}`,
      "seen",
    ],
    ["whose code raises", bad("@property\n    def code(self): raise KeyError"), "m"],
    ["whose class raises", bad("@property\n    def __class__(self): raise KeyError"), "m"],
    ["whose notes raise", bad("@property\n    def __notes__(self): raise KeyboardInterrupt"), "(its message could not be read)"],
    [
      "a group that hides its members",
      `class Bad(ExceptionGroup):\n    @property\n    def exceptions(self): raise KeyError\ndef execute_action(context): raise Bad("g", [ValueError("a")])\n`,
      "g (1 sub-exception)",
    ],
    [
      "a SyntaxError of odd places",
      "def execute_action(context):\n    e = SyntaxError('s')\n    e.filename, e.lineno, e.offset = [], 'x', {}\n    raise e\n",
      "s",
    ],
    ["sys.exit()", "import sys\ndef execute_action(context): sys.exit()\n", "Return from execute_action instead of exiting"],
  ])("%s", async (_, source, message) => {
    const { status, error } = await run(source);
    expect([status, error?.code, error?.message]).toEqual(["threw", "ACTION_THREW", message]);
  }); // prettier-ignore

  test("one whose text never ends is ended by the limit", async () => {
    const outcome = await run(bad("def __str__(self):\n        while True: pass"), { limits: { cpuMs: 300 } });
    expect(outcome.status).toBe("timed_out");
  });

  test("where nothing can catch it, it is one line of the log", async () => {
    const { logs } = await run("class D:\n    def __del__(self): raise ValueError('lost')\nD()\nreturn 1");
    expect(logs).toMatchObject([{ level: "error", message: expect.stringMatching(/ValueError: lost \(x\.py:3\)$/) }]);
  });
});

describe("the end of the time", () => {
  test.each([
    ["swallowed", "    while True:\n        try:\n            while True: pass\n        except BaseException: pass\n"],
    ["swallowed and returned over", "    try:\n        while True: pass\n    except BaseException: return 1\n"],
    ["lost in __del__", "    class D:\n        def __del__(self):\n            while True: pass\n    D()\n    return 1\n"],
    ["lost in a callback", "    import weakref\n    class X: pass\n    x = X()\n    r = weakref.ref(x, lambda _: exec('while True: pass'))\n    del x\n    return 1\n"],
    ["no signal any more", "    import signal\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    while True: pass\n"],
  ])("is the end, also %s", async (tenant, body) => {
    // Each of its own: who loops again and again is kept waiting.
    const outcome = await run(`def execute_action(context):\n${body}`, { tenant, limits: { cpuMs: 250 } });
    expect(outcome).toMatchObject({ status: "timed_out", logs: [] });
    expect(outcome.returnValue).toBeUndefined();
  }); // prettier-ignore
});

describe("values", () => {
  test("nested as deep as the host takes them come back, and no deeper", async () => {
    const nested = (levels: number): string =>
      `a = b = 1\nfor _ in range(${levels}):\n    a, b = [a], {"k": b}\nreturn [a, b]`;
    const { status, returnValue } = await run(nested(990));
    expect([status, JSON.stringify(returnValue).length]).toEqual(["returned", 2 * 990 + 6 * 990 + 5]);
    expect((await run(nested(1_100))).error?.message).toContain("deeper than 1000 levels");
  });

  test("of classes that lie are what they hold, as json.dumps has it", async () => {
    const head =
      "class I(int):\n    def __int__(self): return 7\n    def __le__(self, o): return True\nclass F(float):\n    def __ne__(self, o): return False\n    def __float__(self): return 7.0\n";
    expect((await run(`${head}return [I(5), F(1.5)]`)).returnValue).toEqual([5, 1.5]);
    expect((await run(`${head}return I(2**60)`)).error?.code).toBe("RESULT_NOT_JSON");
    expect((await run(`${head}return F('nan')`)).error?.code).toBe("RESULT_NOT_JSON");
  });
});

test.each<[string, string, unknown]>([
  [
    "threads do their work at once",
    "import threading\nout = []\nt = threading.Thread(target=out.append, args=(1,))\nt.start(); t.join(1)\nlate = threading.Timer(0.01, out.append, (2,))\nlate.start(); late.join()\nreturn [out, t.is_alive(), threading.active_count()]",
    [[1, 2], false, 1],
  ],
  [
    "zones are all there",
    "import zoneinfo, time, datetime\nreturn ['Europe/Berlin' in zoneinfo.available_timezones(), len(zoneinfo.available_timezones()) > 500, time.tzname, datetime.datetime.now().astimezone().tzname()]",
    [true, true, ["UTC", "UTC"], "UTC"],
  ],
  [
    "processes and sockets are refused where they are asked for",
    "import os, asyncio\nout = []\nfor call in (lambda: os.system('ls'), lambda: os.kill(os.getpid(), 9), lambda: os.fork(), lambda: os.execv('/bin/ls', []), lambda: asyncio.run(asyncio.open_connection('a', 1)), lambda: asyncio.run(asyncio.create_subprocess_exec('ls'))):\n    try: call()\n    except OSError as e: out.append(str(e).split('] ')[-1].split(':')[0])\nreturn out",
    [...Array.from({ length: 4 }, () => "actions start no processes"), "actions have no sockets", "actions start no processes"],
  ],
])("%s", async (_, source, value) => {
  const { status, error, returnValue } = await run(source);
  expect([status, error?.message, returnValue]).toEqual(["returned", undefined, value]);
}); // prettier-ignore

test("standard output takes bytes and a new encoding, and a log line that cannot be made says where", async () => {
  const { logs } = await run(
    "import sys, logging\nsys.stdout.reconfigure(encoding='utf-8')\nsys.stdout.buffer.write('ü\\n'.encode())\nlogging.info('%d', 'x')",
  );
  expect(logs.map(({ message }) => message)).toEqual(["ü", expect.stringMatching(/TypeError: %d format.*\(x\.py:5\)$/)]);
}); // prettier-ignore
