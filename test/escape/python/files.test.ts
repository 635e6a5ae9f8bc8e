import { expect } from "@jest/globals";
import { describePython } from "./hostile.ts";

const THREW = "threw ACTION_THREW";

describePython("Python that reaches for files", {
  "of the host": {
    source: "return open('/etc/passwd').read()",
    ends: THREW,
    check: ({ error }) => expect(error?.message).toContain("no files here"),
  },
  "of the worker's process": { source: "return open('/proc/self/environ').read()", ends: THREW },
  "through ..": { source: "return open('/tmp/../../etc/hostname').read()", ends: THREW },
  "by a link": { source: "import os\nos.symlink('/etc/passwd', '/tmp/x')\nreturn open('/tmp/x').read()", ends: THREW },
  "of the library, to write": { source: "open('/lib/python314.zip', 'ab').write(b'x')", ends: THREW },
  "outside of /tmp, to write": { source: "open('/usr/evil', 'w')", ends: THREW },
  "zones that are paths": {
    source: "from zoneinfo import ZoneInfo\nreturn str(ZoneInfo('../../../etc/passwd'))",
    ends: THREW,
  },
  "zones that are properties": { source: "return open('/usr/share/zoneinfo/__proto__').read()", ends: THREW },
  "in /tmp without end": {
    source: "f = open('/tmp/x', 'wb')\nwhile True: f.write(b'x' * 10 ** 6)",
    ends: [THREW, "timed_out CPU_LIMIT"],
  },
  "of huge sizes that hold nothing": { source: "f = open('/tmp/x', 'wb')\nf.truncate(2 ** 50)", ends: THREW },
  "with holes": {
    source:
      "f = open('/tmp/x', 'wb')\nf.seek(2 ** 39)\nf.write(b'x')\nf.close()\nimport os\nreturn os.path.getsize('/tmp/x') > 2 ** 39",
    ends: "returned",
  },
  "in their thousands": {
    source: "for i in range(50_000): open(f'/tmp/{i}', 'w').close()",
    ends: [THREW, "timed_out CPU_LIMIT"],
  },
  "all open at once": { source: "x = [open(f'/tmp/{i}', 'w') for i in range(1_000)]", ends: THREW },
  "in folders without end": {
    source: "import os\np = '/tmp'\nwhile True:\n    p += '/d'\n    os.mkdir(p)",
    ends: [THREW, "timed_out CPU_LIMIT"],
  },
  "into themselves": { source: "import os\nos.mkdir('/tmp/a')\nos.rename('/tmp/a', '/tmp/a/b')", ends: THREW },
  "by descriptors that are not theirs": {
    source:
      "import os\nfound = []\nfor fd in [*range(0, 40), *range(42, 300)]:\n    try: os.write(fd, b'x') if fd > 2 else None\n    except OSError: found.append(fd)\nreturn len(found)",
    ends: "returned",
  },
  "left behind for the next run": {
    source: "open('/tmp/evil', 'w').write('leak')\nimport os\nos.environ['LEAK'] = '1'\nreturn os.listdir('/tmp')",
    ends: "returned",
  },
});
