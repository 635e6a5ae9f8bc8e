import { expect } from "@jest/globals";
import { describePython } from "./hostile.ts";

const FULL = "out_of_memory OUT_OF_MEMORY";
const OVER = [FULL, "timed_out CPU_LIMIT"];

describePython(
  "Python that takes too much memory is ended, in every type",
  {
    "byte arrays": { source: "x = []\nwhile True: x.append(bytearray(10 ** 6))", ends: FULL },
    "one huge byte array": { source: "return len(bytearray(10 ** 9))", ends: FULL },
    bytes: { source: "return len(b'a' * 10 ** 9)", ends: FULL },
    "text that doubles": { source: "x = 'a'\nwhile True: x += x", ends: FULL },
    "text that is joined": { source: "return len(','.join(['abc'] * 10 ** 8))", ends: FULL },
    "text that is formatted": { source: "return len('%1000000000d' % 1)", ends: FULL },
    "text that is padded": { source: "return len('x'.ljust(10 ** 9))", ends: FULL },
    "text that is replaced": {
      source: "return len(('a' * 10 ** 6).replace('a', 'b' * 10 ** 4))",
      // Longer than any text of a 32-bit Python: it is not even tried.
      ends: "threw ACTION_THREW",
      check: ({ error }) => expect(error?.name).toBe("OverflowError"),
    },
    "a list that doubles": { source: "x = [0]\nwhile True: x += x", ends: FULL },
    "a list of lists": { source: "x = []\nwhile True: x = [x, list(range(100))]", ends: OVER },
    "a dict": { source: "d = {}\ni = 0\nwhile True:\n    d[i] = i\n    i += 1", ends: OVER },
    "a set": { source: "return len(set(range(10 ** 8)))", ends: OVER },
    "a tuple": { source: "return len((0,) * 10 ** 9)", ends: FULL },
    "an integer": { source: "return (1 << (8 * 10 ** 9)) > 0", ends: FULL },
    "an array": { source: "import array\nreturn len(array.array('d', [0]) * 10 ** 9)", ends: FULL },
    "a memory file": { source: "import io\nf = io.BytesIO()\nwhile True: f.write(b'x' * 10 ** 6)", ends: FULL },
    "a text file in memory": { source: "import io\nf = io.StringIO()\nwhile True: f.write('x' * 10 ** 6)", ends: FULL },
    "objects with attributes": {
      source: "class A: pass\nx = []\nwhile True:\n    a = A()\n    a.b = [1]\n    x.append(a)",
      ends: OVER,
    },
    functions: { source: "x = []\nwhile True: x.append(lambda: x)", ends: OVER },
    generators: { source: "x = []\nwhile True: x.append((i for i in x))", ends: OVER },
    "exceptions that hold each other": {
      source: "e = None\nwhile True:\n    n = ValueError()\n    n.__cause__ = e\n    e = n",
      ends: OVER,
    },
    "a decompression bomb": {
      source:
        "import zlib, base64\nsmall = zlib.compress(b'0' * 10 ** 7, 9)\nwhile True: len(zlib.decompress(zlib.compress(b'0' * 10 ** 8)))",
      ends: OVER,
    },
    "an archive's bomb": {
      source:
        "import zipfile, io\nf = io.BytesIO()\nwith zipfile.ZipFile(f, 'w', zipfile.ZIP_DEFLATED) as z:\n    with z.open('x', 'w') as o:\n        for _ in range(200): o.write(b'0' * 10 ** 6)\nreturn len(zipfile.ZipFile(f).read('x'))",
      ends: OVER,
    },
    "source that expands": { source: "return len(compile('x = 1\\n' * 10 ** 6, 'a', 'exec').co_code)", ends: OVER },
    "memory errors that are swallowed": {
      source:
        "x = []\nwhile True:\n    try:\n        while True: x.append(bytearray(10 ** 6))\n    except MemoryError: pass",
      ends: OVER,
    },
  },
  { limits: { cpuMs: 4_000 } },
);
