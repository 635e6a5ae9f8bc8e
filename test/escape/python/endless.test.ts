import { expect } from "@jest/globals";
import { describePython } from "./hostile.ts";

const CPU = "timed_out CPU_LIMIT";
const WALL = "timed_out WALL_LIMIT";
const OVER = [CPU, WALL, "out_of_memory OUT_OF_MEMORY"];

/**
 * Where the soft deadline's exception comes up inside something that swallows it, or that the machine is slow to leave, which of these it is depends
 * on the turn; that it ends, and that the run behind it is right, does not.
 */
const ENDED = [CPU, WALL, "threw ACTION_THREW"];

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
    ends: [...ENDED, "returned"],
  },
  "a loop in the message of what is raised": {
    source: "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E()",
    ends: ENDED,
  },
  "a loop in the repr of a key": {
    source: "class K:\n    def __repr__(self):\n        while True: pass\nreturn {}[K()]",
    ends: ENDED,
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
    source: 'import hashlib\nreturn hashlib.pbkdf2_hmac("sha256", b"a", b"b", 10 ** 9).hex()',
    ends: ENDED,
  },
  "a sort whose comparison loops": {
    source:
      "import functools\nreturn sorted([3, 2, 1], key=functools.cmp_to_key(lambda a, b: exec('while True: pass')))",
    ends: ENDED,
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
    ends: ENDED,
  },
  "a trace function that loops": {
    source: "import sys\ndef trace(*a):\n    while True: pass\nsys.settrace(trace)\nreturn (lambda: 1)()",
    ends: CPU,
  },
  "a signal handler of its own": {
    source: "import signal\nsignal.signal(signal.SIGINT, lambda *a: None)\nwhile True: pass",
    ends: CPU,
  },
});
