import { expect } from "@jest/globals";
import type { Outcome } from "../../../runtime/index.ts";
import { describePython } from "./hostile.ts";

const nothingHandedOff = ({ handoff, intents }: Outcome): void => {
  expect(handoff).toBeNull();
  expect(intents).toEqual([]);
};
const WRITE = "import os, json\ndef say(*frame): os.write(40, (json.dumps(frame) + '\\n').encode())\n";

describePython("Python that writes to the door itself", {
  "a result of its own": {
    source: `${WRITE}say("done", '"forged"')\nreturn "real"`,
    ends: "returned",
    check: ({ returnValue }) => expect(returnValue).toBe("forged"),
  },
  "two results": {
    source: `${WRITE}say("done", "1")\nsay("done", "2")\nreturn 3`,
    ends: "returned",
    check: ({ returnValue }) => expect(returnValue).toBe(1),
  },
  "a result that is no JSON": {
    source: `${WRITE}say("done", "{")\nreturn 1`,
    ends: ["threw RESULT_NOT_JSON", "crashed WORKER_CRASHED"],
  },
  "a result that is no text": {
    source: `${WRITE}say("done", {"a": 1})\nreturn 1`,
    ends: ["returned", "threw RESULT_NOT_JSON", "crashed WORKER_CRASHED"],
  },
  "what is no frame": {
    source:
      "import os\nfor line in (b'x\\n', b'{}\\n', b'[]\\n', b'[1]\\n', b'null\\n', b'\\xff\\xfe\\n', b'[\"nothing\"]\\n', b'\\n'): os.write(40, line)\nreturn 1",
    ends: "returned",
    check: nothingHandedOff,
  },
  "a call of no host function": {
    source: `${WRITE}say("call", "nothing", "{}")\nreturn os.read(40, 1000).decode()`,
    ends: "returned",
    check: nothingHandedOff,
  },
  "a hand-off of another conversation": {
    source: `${WRITE}say("call", "hand_off_conversation", json.dumps({"overflow": False, "context": {"type": "conversation", "id": "other"}, "reason": {"type": "absent"}, "phoneDestination": {"type": "absent"}}))\nreturn os.read(40, 1000).decode()`,
    ends: "returned",
    check: ({ handoff }) => expect(handoff).toBeNull(),
  },
  "a hand-off with arguments of no schema": {
    source: `${WRITE}for a in ("", "x", "null", "[]", '{"overflow":1}', "9" * 70_000): say("call", "hand_off_conversation", a)\nreturn 1`,
    ends: "returned",
    check: ({ handoff }) => expect(handoff).toBeNull(),
  },
  "calls that wait for nobody": {
    source: `${WRITE}for _ in range(300): say("call_async", "fetch.send", "{}", None)\nreturn 1`,
    ends: "returned",
  },
  "timers without end": { source: `${WRITE}for _ in range(5_000): say("sleep", 1)\nreturn 1`, ends: "returned" },
  "a timer of no length": {
    source: `${WRITE}for v in (None, "x", -1, 1e308, [1]): say("sleep", v)\nreturn 1`,
    ends: "returned",
  },
  "a place of its own": {
    source: `${WRITE}say("where", '{"frames":[["/etc/passwd",1,1,"x"],["action.py",999,1,"x"],["action.py",1,1,"/host/file.ts:1:1"]],"links":[]}')\nwhile True: pass`,
    ends: "timed_out CPU_LIMIT",
    // The frame quotes the author's line, which names what it forges.
    check: ({ error }) => expect(JSON.stringify({ ...error, frame: null })).not.toMatch(/passwd|host\/file|999/),
  },
  "an error of its own": {
    source: `${WRITE}say("threw", "running", "N" * 5_000, "M" * 50_000, "S" * 50_000, None)\nreturn 1`,
    ends: ["threw ACTION_THREW", "crashed WORKER_CRASHED"],
  },
  "an end of its own": {
    source: `${WRITE}say("out_of_memory")\nreturn 1`,
    ends: ["out_of_memory OUT_OF_MEMORY", "returned"],
  },
  "a frame without an end": {
    source: "import os\nwhile True: os.write(40, b'x' * 10 ** 6)",
    ends: ["threw ACTION_THREW", "timed_out CPU_LIMIT", "out_of_memory OUT_OF_MEMORY"],
  },
  "bytes without a frame": {
    source: "import os\nwhile True: os.write(41, b'x' * 10 ** 6)",
    ends: ["threw ACTION_THREW", "timed_out CPU_LIMIT", "out_of_memory OUT_OF_MEMORY"],
  },
  "reading what was not answered": {
    source: "import os\nreturn [len(os.read(40, 10)), len(os.read(41, 10))]",
    ends: "returned",
  },
  "the door closed": {
    source:
      "import os\nfor fd in (40, 41, 1, 2):\n    try: os.close(fd)\n    except OSError: pass\nreturn hand_off_conversation(context)['success']",
    ends: "returned",
    check: ({ handoff }) => expect(handoff).not.toBeNull(),
  },
  "the start asked for again": {
    source: `${WRITE}say("start")\nreturn len(os.read(40, 10_000)) > 10`,
    ends: "returned",
  },
  "levels that there are not": {
    source: `${WRITE}say("log", "fatal", "x")\nsay("log", None, None)\nsay("log", "info", 5)\nreturn 1`,
    ends: ["returned", "crashed WORKER_CRASHED"],
  },
});
