import { expect } from "@jest/globals";
import { describePython } from "./hostile.ts";

const CPU = "timed_out CPU_LIMIT";
const WALL = "timed_out WALL_LIMIT";
const OVER = [CPU, "out_of_memory OUT_OF_MEMORY"];

describePython("Python that never ends is ended", {
  "a loop": {
    source: "while True: pass",
    ends: CPU,
    check: ({ error }) => expect(error?.frame).toContain("> 2 |     while True: pass"),
  },
  "a loop while the module loads": { source: "def execute_action(context): return 1\nwhile True: pass", ends: CPU },
  "a loop that swallows every exception": {
    source: "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    ends: CPU,
    check: ({ error }) => expect(error?.frame).toMatch(/> [2-5] \|/),
  },
  "a loop in a finally": { source: "try:\n    while True: pass\nfinally:\n    while True: pass", ends: CPU },
  "a loop in __del__": {
    source: "class A:\n    def __del__(self):\n        while True: pass\na = A()\ndel a\nreturn 1",
    ends: CPU,
  },
  "a loop in the message of what is raised": {
    source: "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E()",
    ends: CPU,
  },
  "a loop in the repr of a key": {
    source: "class K:\n    def __repr__(self):\n        while True: pass\nreturn {}[K()]",
    ends: CPU,
  },
  "a loop in __eq__ of a context": {
    source: "class C(dict):\n    def get(self, *a):\n        while True: pass\nreturn hand_off_conversation(C())",
    ends: CPU,
  },
  "a loop in the result's items": {
    source: "class D(dict):\n    def items(self):\n        while True: pass\nreturn D(a=1)",
    ends: CPU,
  },
  "a loop in C: a huge power": { source: "return 7 ** 10 ** 8", ends: OVER },
  "a loop in C: text of a huge number": {
    source: "import sys\nsys.set_int_max_str_digits(0)\nreturn len(str(3 ** 3_000_000))",
    ends: OVER,
  },
  "a loop in C: sum of an endless range": { source: "return sum(range(10 ** 15))", ends: CPU },
  "a loop in C: membership in an endless iterator": {
    source: "import itertools\nreturn -1 in itertools.count()",
    ends: CPU,
  },
  "a loop in C: list of an endless iterator": {
    source: "import itertools\nreturn len(list(itertools.repeat(1)))",
    ends: OVER,
  },
  "a loop in C: deque of no length": {
    source: "import itertools, collections\ncollections.deque(itertools.count(), maxlen=0)",
    ends: CPU,
  },
  "a loop in C: factorial": { source: "import math\nreturn math.factorial(10 ** 7) > 1", ends: OVER },
  "a loop in C: permutations": {
    source: "import itertools\nreturn sum(1 for _ in itertools.permutations(range(30)))",
    ends: CPU,
  },
  "a loop in C: decimal digits": {
    source: "import decimal\ndecimal.getcontext().prec = 10 ** 7\nreturn str(decimal.Decimal(2).sqrt())[:1]",
    ends: [...OVER, "threw ACTION_THREW"],
  },
  "a regular expression that backtracks": {
    source: 'import re\nreturn re.match(r"(a+)+$", "a" * 50 + "b")',
    ends: CPU,
  },
  "a hash that takes its time": {
    source: "import hashlib\ndata = b'x' * 10 ** 7\nwhile True: hashlib.sha256(data).digest()",
    ends: CPU,
  },
  "a sort whose comparison loops": {
    source:
      "import functools\nreturn sorted([3, 2, 1], key=functools.cmp_to_key(lambda a, b: exec('while True: pass')))",
    ends: CPU,
  },
  "a generator that never ends": { source: "def g():\n    while True: yield 1\nreturn sum(g())", ends: CPU },
  "a sleep past the wall clock": { source: "import time\ntime.sleep(60)", ends: WALL, limits: { wallMs: 500 } },
  "sleeps without end": {
    source: "import time\nwhile True: time.sleep(0.001)",
    ends: [CPU, WALL],
    limits: { wallMs: 1_000 },
  },
  "tasks without end": {
    source: "import asyncio\nasync def execute_action(context):\n    while True: await asyncio.sleep(0)\n",
    ends: CPU,
  },
  "a trace function that loops": {
    source: "import sys\ndef trace(*a):\n    while True: pass\nsys.settrace(trace)\nreturn (lambda: 1)()",
    ends: CPU,
  },
  "a deadline that becomes an exception of its own": {
    source: "try:\n    while True: pass\nexcept BaseException as error:\n    raise ValueError('mine') from error",
    ends: CPU,
    check: ({ error }) => expect(error?.frame).toContain("> 3 |         while True: pass"),
  },
  "a deadline that is answered with a result": {
    source: "try:\n    while True: pass\nexcept BaseException:\n    return 'done'",
    ends: CPU,
  },
  "a deadline that is answered with a result that is none": {
    source: "try:\n    while True: pass\nexcept BaseException:\n    return {1, 2}",
    ends: CPU,
  },
  "a deadline that is answered with a long sleep": {
    source: "import time\ntry:\n    while True: pass\nexcept BaseException:\n    time.sleep(3)\n    return 1",
    ends: CPU,
  },
  "a deadline that is answered with more memory than there is": {
    source: "try:\n    while True: pass\nexcept BaseException:\n    x = bytearray(10 ** 9)",
    ends: CPU,
  },
  "a deadline that is swallowed by a callback of the library": {
    source:
      "import weakref, functools\nclass A: pass\ndef spin(_):\n    while True: pass\na = A()\nr = weakref.ref(a, spin)\ndel a\nreturn 1",
    ends: CPU,
  },
  "a deadline on the wall clock": {
    source: "try:\n    while True: pass\nexcept BaseException:\n    return 1",
    ends: WALL,
    limits: { cpuMs: 4_000, wallMs: 500 },
  },
  "a hand-off after the deadline stands": {
    source:
      "try:\n    while True: pass\nexcept BaseException:\n    hand_off_conversation(context, 'late')\n    return 1",
    ends: CPU,
  },
  "a signal handler of its own": {
    source: "import signal\nsignal.signal(signal.SIGINT, lambda *a: None)\nwhile True: pass",
    ends: CPU,
  },
});
