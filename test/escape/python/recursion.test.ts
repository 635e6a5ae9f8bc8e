import { expect } from "@jest/globals";
import { describePython } from "./hostile.ts";

const THREW = "threw ACTION_THREW";
const ANY = [THREW, "returned", "timed_out CPU_LIMIT", "out_of_memory OUT_OF_MEMORY", "threw RESULT_NOT_JSON"];
const UNBOUND = "import sys\nsys.setrecursionlimit(10 ** 9)\n";

describePython(
  "Python that recurses to the end of a stack",
  {
    "in its own functions": {
      source: "def execute_action(context): return execute_action(context)",
      ends: THREW,
      check: ({ error }) => {
        expect(error?.name).toBe("RecursionError");
        expect(error?.stack).toContain("more times");
      },
    },
    "without a limit of its own": { source: `${UNBOUND}def f(): return f()\nreturn f()`, ends: ANY },
    "in C, through repr": {
      source: `${UNBOUND}class A:\n    def __repr__(self): return repr(self)\nreturn repr(A())`,
      ends: THREW,
    },
    "in C, through comparison": {
      source: `${UNBOUND}class A:\n    def __eq__(self, o): return self == o\nreturn A() == 1`,
      ends: THREW,
    },
    "in C, through attributes": {
      source: `${UNBOUND}class A:\n    def __getattr__(self, name): return getattr(self, name + 'a')\nreturn A().b`,
      ends: ANY,
    },
    "in C, through a deep list": {
      source: "x = []\nfor _ in range(10 ** 5): x = [x]\nreturn len(repr(x))",
      ends: THREW,
    },
    "in C, through freeing a deep list": {
      source: "x = []\nfor _ in range(10 ** 5): x = [x]\ndel x\nreturn 1",
      // V8's stack is at its end before CPython knows that its own is: docs/python.md says from which depth on.
      ends: THREW,
      check: ({ error }) => expect(error?.name).toBe("RecursionError"),
    },
    "in C, through freeing a deep tuple of objects": {
      source:
        "class A: pass\nx = None\nfor _ in range(10 ** 5):\n    a = A()\n    a.x = x\n    x = a\ndel x, a\nreturn 1",
      // V8's stack is at its end before CPython knows that its own is: docs/python.md says from which depth on.
      ends: THREW,
      check: ({ error }) => expect(error?.name).toBe("RecursionError"),
    },
    "in the JSON reader": { source: "import json\nreturn json.loads('[' * 10 ** 5)", ends: THREW },
    "in the JSON writer": {
      source: "import json\nx = []\nfor _ in range(10 ** 5): x = [x]\nreturn json.dumps(x)",
      ends: THREW,
    },
    "in the parser": { source: "return eval('(' * 10 ** 5)", ends: THREW },
    "in the compiler": { source: "return eval('-' * 10 ** 5 + '1')", ends: ANY },
    "in a regular expression": { source: "import re\nreturn re.compile('(' * 5_000 + ')' * 5_000)", ends: ANY },
    "in the copy of a deep value": {
      source: "import copy\nx = []\nfor _ in range(10 ** 4): x = [x]\nreturn copy.deepcopy(x)",
      ends: THREW,
    },
    "in a hand-off at the very end": {
      source:
        "def f(n):\n    try: return f(n + 1)\n    except RecursionError: return hand_off_conversation(context, 'deep')\nreturn f(0)",
      ends: "returned",
      check: ({ handoff }) => expect(handoff).toMatchObject({ reason: "deep" }),
    },
    "in hand-offs at every depth of C": {
      source: `${UNBOUND}class A:\n    def __repr__(self):\n        hand_off_conversation(context)\n        return repr(self)\nreturn repr(A())`,
      ends: ANY,
    },
    "in __del__": { source: "class A:\n    def __del__(self): A()\nA()\nreturn 1", ends: ANY },
    "in an import": {
      source:
        "import sys\nclass F:\n    def find_spec(self, name, path=None, target=None): __import__(name + 'x')\nsys.meta_path.insert(0, F())\nimport nothing",
      ends: ANY,
    },
  },
  { limits: { cpuMs: 3_000 } },
);
