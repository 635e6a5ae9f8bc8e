import { expect } from "@jest/globals";
import { describePython } from "./hostile.ts";

const ANY = [
  "returned",
  "threw ACTION_THREW",
  "timed_out CPU_LIMIT",
  "out_of_memory OUT_OF_MEMORY",
  "threw RESULT_NOT_JSON",
  "crashed WORKER_CRASHED",
];
const ENDED = ["threw ACTION_THREW", "returned"];

describePython("Python that attacks its own interpreter", {
  "os._exit": {
    source: "import os\nos._exit(0)",
    ends: "threw ACTION_THREW",
    check: ({ error }) => expect(error?.message).toContain("return from execute_action"),
  },
  "os.abort": { source: "import os\nos.abort()", ends: "threw ACTION_THREW" },
  "sys.exit": {
    source: "import sys\nsys.exit(0)",
    ends: "threw ACTION_THREW",
    check: ({ error }) => expect(error?.name).toBe("SystemExit"),
  },
  "os.kill of itself": { source: "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ends: ENDED },
  raise_signal: { source: "import signal\nsignal.raise_signal(signal.SIGTERM)\nreturn 1", ends: ENDED },
  "faulthandler's faults": { source: "import faulthandler\nfaulthandler._sigsegv()", ends: ANY },
  "faulthandler's stack overflow": { source: "import faulthandler\nfaulthandler._stack_overflow()", ends: ANY },
  "a null pointer by ctypes": {
    source: "import ctypes\nctypes.string_at(0)",
    ends: "threw ACTION_THREW",
    check: ({ error }) => expect(error?.message).toContain("native code"),
  },
  "ctypes by its C module": {
    source:
      "import importlib.machinery as m, importlib.util as u\ns = m.BuiltinImporter.find_spec('_ctypes')\nc = u.module_from_spec(s)\ns.loader.exec_module(c)\nreturn c.dlopen('x', 0)",
    ends: ANY,
  },
  "dlopen by _imp": {
    source: "import _imp, importlib.machinery as m\n_imp.create_dynamic(m.ModuleSpec('x', None, origin='/tmp/x.so'))",
    ends: ANY,
  },
  "pyodide's C module": {
    source:
      "import importlib.machinery as m\ns = m.BuiltinImporter.find_spec('_pyodide_core')\nimport importlib.util as u\nreturn str(u.module_from_spec(s))",
    ends: ANY,
  },
  "bytecode that reads past its constants": {
    source:
      "def f(): return 1\nf.__code__ = f.__code__.replace(co_code=bytes([151, 0, 83, 255] * 4), co_consts=())\nreturn f()",
    ends: ANY,
  },
  "bytecode of no meaning": {
    source: "def f(): return 1\nf.__code__ = f.__code__.replace(co_code=bytes(range(256)))\nreturn f()",
    ends: ANY,
  },
  "bytecode with a stack of none": {
    source: "def f(a): return [a, a, a, a, a, a]\nf.__code__ = f.__code__.replace(co_stacksize=0)\nreturn f(1)",
    ends: ANY,
  },
  "marshalled code of no meaning": {
    source: "import marshal\nexec(marshal.loads(b'\\xe3' + b'\\xff' * 200))",
    ends: ANY,
  },
  "pickled code": { source: "import pickle\nreturn pickle.loads(b\"cos\\nsystem\\n(S'id'\\ntR.\")", ends: ANY },
  "os.system": { source: "import os\nreturn os.system('id')", ends: ANY },
  "os.fork": { source: "import os\nreturn os.fork()", ends: ENDED },
  "os.execv": { source: "import os\nos.execv('/bin/sh', ['sh'])", ends: ENDED },
  "os.pipe": { source: "import os\nreturn os.pipe()", ends: ENDED },
  "gc that is taken apart": {
    source:
      "import gc\nfor o in gc.get_objects():\n    if isinstance(o, dict):\n        try: o.clear()\n        except Exception: pass\nreturn 1",
    ends: ANY,
  },
  "referents of everything": {
    source: "import gc, sys\nseen = 0\nfor o in gc.get_objects(): seen += len(gc.get_referents(o))\nreturn seen > 0",
    ends: ANY,
  },
  "frames of ours": {
    source: "import sys\nf = sys._getframe()\nwhile f:\n    f.f_globals.clear()\n    f = f.f_back\nreturn 1",
    ends: ANY,
  },
  "the prelude's own modules": {
    source:
      "import sys\nfor n in [n for n in sys.modules if n.startswith('_baton')]: sys.modules[n].__dict__.clear()\nreturn 1",
    ends: ANY,
  },
  "built-ins that lie": {
    source:
      "import builtins\nfor n in ('len', 'str', 'isinstance', 'repr', 'type', 'dict', 'list', 'callable', 'getattr', 'print'): setattr(builtins, n, lambda *a, **k: 5)\nreturn hand_off_conversation(context)",
    ends: ANY,
  },
  "a json that lies": {
    source:
      "import json\njson.dumps = json.loads = lambda *a, **k: 'evil'\njson.encoder.c_make_encoder = json.JSONEncoder.encode = None\nreturn hand_off_conversation(context, 'patched')",
    ends: "returned",
    check: ({ handoff, returnValue }) => {
      expect(handoff).toMatchObject({ reason: "patched" });
      expect(returnValue).toMatchObject({ success: true });
    },
  },
  "sys.modules emptied": {
    source: "import sys\nsys.modules.clear()\nreturn hand_off_conversation(context)",
    ends: ANY,
  },
  "sys.path_hooks that raise": {
    source: "import sys\nsys.meta_path[:] = [None]\nimport nothing",
    ends: "threw ACTION_THREW",
  },
  "a thread": {
    source:
      "import threading\nout = []\nthreading.Thread(target=out.append, args=(threading.get_ident(),)).start()\nreturn out == [threading.get_ident()]",
    ends: "returned",
    check: ({ returnValue }) => expect(returnValue).toBe(true),
  },
  "an interpreter in the interpreter": {
    source: "import _interpreters\ni = _interpreters.create()\nreturn str(_interpreters.exec(i, 'while True: pass'))",
    ends: ANY,
  },
  "audit hooks": {
    source:
      "import sys\nsys.addaudithook(lambda *a: (_ for _ in ()).throw(SystemError('no')))\nreturn hand_off_conversation(context)",
    ends: ANY,
  },
  "a profiler that raises": {
    source: "import sys\nsys.setprofile(lambda *a: 1 / 0)\nreturn hand_off_conversation(context)",
    ends: ANY,
  },
  "monitoring that raises": {
    source:
      "import sys\nsys.monitoring.use_tool_id(1, 'x')\nsys.monitoring.register_callback(1, sys.monitoring.events.PY_START, lambda *a: 1 / 0)\nsys.monitoring.set_events(1, sys.monitoring.events.PY_START)\nreturn (lambda: hand_off_conversation(context))()",
    ends: ANY,
  },
  "the stack's protection lifted": {
    source: "import sys\nsys.setrecursionlimit(2 ** 31 - 1)\nimport _testinternalcapi",
    ends: "threw ACTION_THREW",
  },
  mmap: { source: "import mmap\nm = mmap.mmap(-1, 10 ** 6)\nm[:3] = b'abc'\nreturn m[:3].decode()", ends: ANY },
  "a clock that is set": { source: "import time\ntime.clock_settime(0, 0)", ends: ENDED },
});
