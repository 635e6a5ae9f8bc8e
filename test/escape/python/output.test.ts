import { expect } from "@jest/globals";
import { describePython } from "./hostile.ts";

const CPU = "timed_out CPU_LIMIT";

describePython("Python that says too much", {
  "lines without end": {
    source: "while True: print('x' * 100)",
    ends: CPU,
    check: ({ logs, logsDropped }) => {
      expect(logs.length).toBeLessThanOrEqual(1_000);
      expect(logsDropped).toBeGreaterThan(0);
    },
  },
  "one line without end": {
    source: "import sys\nwhile True: sys.stdout.write('x' * 10_000)",
    ends: [CPU, "out_of_memory OUT_OF_MEMORY"],
  },
  "lines that are too long": {
    source: "print('x' * 10 ** 6)",
    ends: "returned",
    check: ({ logs }) => expect(logs[0]?.message.length).toBeLessThanOrEqual(16_384),
  },
  "control characters": { source: "print('\\x1b[2J\\x00\\u202e')", ends: "returned" },
  "lone surrogates": { source: "print('\\ud800')\nreturn '\\ud800'", ends: "returned" },
  "logging that raises": {
    source:
      "import logging\nclass A:\n    def __str__(self): raise SystemError('no')\nlogging.info('%s', A())\nreturn 1",
    ends: "returned",
  },
  "a result that is too large": { source: "return 'x' * 10 ** 6", ends: "threw RESULT_TOO_LARGE" },
  "a result that is wide": { source: "return [0] * 10 ** 6", ends: ["threw RESULT_TOO_LARGE", CPU] },
  "a result that holds itself": { source: "x = []\nx.append(x)\nreturn x", ends: "threw RESULT_NOT_JSON" },
  "a result that is deep": {
    source: "x = []\nfor _ in range(10 ** 4): x = [x]\nreturn x",
    ends: "threw RESULT_NOT_JSON",
  },
  "a result that grows while it is read": {
    source:
      "class D(dict):\n    def items(self):\n        n = 0\n        while True:\n            n += 1\n            yield str(n), n\nreturn D(a=1)",
    ends: ["threw RESULT_TOO_LARGE", CPU],
  },
  "a result whose reading raises": {
    source: "class D(dict):\n    def items(self): raise ValueError('no')\nreturn D(a=1)",
    ends: "threw ACTION_THREW",
  },
  "an error whose text is huge": {
    source: "raise ValueError('x' * 10 ** 6)",
    ends: "threw ACTION_THREW",
    check: ({ error }) => expect(error!.message.length).toBeLessThan(5_000),
  },
  "an error that cannot be read": {
    source: "class E(Exception):\n    def __str__(self): raise self\nraise E()",
    ends: "threw ACTION_THREW",
  },
  "an error with a name that is none": {
    source: "E = type('/etc/passwd:1:1', (Exception,), {})\nraise E('x')",
    ends: "threw ACTION_THREW",
  },
  "errors behind errors without end": {
    source:
      "def f(n):\n    try: 1 / 0\n    except Exception as e:\n        if n: f(n - 1)\n        raise ValueError(n) from e\nf(300)",
    ends: "threw ACTION_THREW",
    check: ({ error }) => expect(error!.stack!.length).toBeLessThan(20_000),
  },
  "a group of very many": {
    source: "raise ExceptionGroup('x', [ValueError(i) for i in range(10_000)])",
    ends: "threw ACTION_THREW",
  },
});
