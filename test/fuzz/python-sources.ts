/** A grammar of actions in Python, of the same kind as that of JavaScript: some do honest work, most go for a limit or for what runs behind them. */
import fc from "fast-check";

type Lines = readonly string[];

const values = fc.constantFrom(
  "1", "-0.0", "float('nan')", "10 ** 40", "True", "None", "'x'", "'\\ud800'", "b'x'", "[]", "{}", "{1, 2}", "()", "context", "context['args']", "...", "NotImplemented",
  "lambda *a, **k: 1", "object()", "range(10 ** 9)", "'x' * 10 ** 6", "bytearray(10 ** 5)", "memoryview(b'abc')", "ValueError('e')", "type('T', (), {})", "type('T', (dict,), {})(a=1)",
  "type('E', (Exception,), {'__str__': lambda self: 1 / 0})()", "type('L', (list,), {'__len__': lambda self: -1})()", "type('S', (str,), {'__eq__': lambda a, b: True, '__hash__': lambda a: 0})('s')",
  "(n for n in range(3))", "hand_off_conversation", "hand_off_conversation.__globals__.get('state')", "__import__('datetime').datetime.now()", "__import__('decimal').Decimal('1.1')",
  "__import__('uuid').uuid4()", "__import__('sys').modules", "__import__('sys')._getframe()", "__import__('builtins').__dict__", "__import__('gc').get_objects()[:3]", "__import__('os').environ",
  "open", "print", "execute_action", "[context] * 50",
); // prettier-ignore
const modules = fc.constantFrom(
  "json", "builtins", "sys", "os", "io", "posix", "signal", "logging", "warnings", "asyncio", "threading", "time", "random", "re", "types", "weakref", "gc", "inspect", "traceback", "linecache",
  "requests", "urllib.request", "baton", "importlib", "codecs", "marshal", "pickle", "ctypes", "socket", "subprocess", "js", "sqlite3", "_baton.door", "_baton.run", "_imp", "faulthandler", "zipimport",
); // prettier-ignore
const attributes = fc.constantFrom(
  "__class__", "__dict__", "__globals__", "__code__", "__mro__", "__subclasses__", "__init__", "__getattribute__", "__del__", "__reduce__", "f_back", "f_locals", "gi_frame", "tb_frame",
  "write", "read", "encode", "format", "append", "update", "get", "dumps", "loads", "exit", "_exit", "settrace", "setrecursionlimit", "stdout", "modules", "meta_path", "path", "environ", "x",
); // prettier-ignore
const replacements = fc.constantFrom(
  "lambda *a, **k: 1", "lambda *a, **k: 1 / 0", "lambda *a, **k: a", "lambda *a, **k: {}", "None", "object()", "lambda *a, **k: 'x' * 10 ** 5", "type('T', (), {})",
); // prettier-ignore
const names = fc.constantFrom("a", "b", "c");

const expressions = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, depthIdentifier: "expression" },
    values,
    names,
    modules.map((name) => `__import__('${name}')`),
    fc.tuple(tie("expression"), attributes).map(([object, name]) => `getattr(${object}, '${name}', None)`),
    fc.tuple(tie("expression"), tie("expression")).map(([call, argument]) => `(${call})(${argument})`),
    fc.tuple(tie("expression"), tie("expression")).map(([left, right]) => `[${left}, ${right}]`),
    fc.tuple(tie("expression"), tie("expression")).map(([left, right]) => `{str(${left})[:9]: ${right}}`),
    fc.tuple(tie("expression"), tie("expression")).map(([left, right]) => `(${left} or ${right})`),
    tie("expression").map((inner) => `hand_off_conversation(${inner}, ${inner})`),
    tie("expression").map((inner) => `hand_off_conversation(context, reason=${inner}, phone_destination=${inner})`),
    tie("expression").map((inner) => `[x for x in (${inner},) * 9]`),
    tie("expression").map((inner) => `repr(${inner})`),
    tie("expression").map((inner) => `eval(compile('(' * 30 + '1' + ')' * 30, 'e', 'eval'), {'x': ${inner}})`),
    fc.constant("__import__('requests').get('https://a.example/')"),
    fc.constant("await __import__('asyncio').sleep(0.001)"),
  ),
})).expression;

const inside = (lines: Lines): string[] => lines.map((line) => `    ${line}`);

const statements = fc.letrec<{ statement: Lines }>((tie) => ({
  statement: fc.oneof(
    { maxDepth: 3, depthIdentifier: "statement" },
    fc.tuple(names, expressions).map(([name, value]) => [`${name} = ${value}`]),
    expressions.map((value) => [`print(${value})`]),
    expressions.map((value) => [`return ${value}`]),
    expressions.map((value) => [`raise RuntimeError(${value})`]),
    fc.tuple(names, tie("statement")).map(([name, body]) => [`for ${name} in range(50):`, ...inside(body)]),
    tie("statement").map((body) => ["while True:", ...inside(body)]),
    fc.tuple(tie("statement"), tie("statement")).map(([body, then]) => ["try:", ...inside(body), "except BaseException as e:", ...inside(["c = e", ...then])]),
    fc.tuple(tie("statement"), tie("statement")).map(([body, then]) => ["try:", ...inside(body), "finally:", ...inside(then)]),
    fc.tuple(expressions, tie("statement")).map(([value, body]) => [`if ${value}:`, ...inside(body)]),
    tie("statement").map((body) => ["class D:", ...inside(["def __del__(self):", ...inside(["a = b = c = context = None", ...body.filter((line) => !/\bawait\b/.test(line)), "pass"])]), "D()"]),
    fc.tuple(modules, attributes, replacements).map(([name, attribute, value]) => ["try:", `    setattr(__import__('${name}'), '${attribute}', ${value})`, "except BaseException as e:", "    c = e"]),
    fc.tuple(modules, replacements).map(([name, value]) => ["try:", `    m = __import__('${name}')`, "    for k in list(vars(m)):", "        try:", `            setattr(m, k, ${value})`, "        except BaseException: pass", "except BaseException as e:", "    c = e"]),
    fc.tuple(names, fc.nat(60), fc.nat(255)).map(([name, fd, byte]) => ["try:", `    ${name} = __import__('os').write(${fd}, bytes([${byte}]) * 9 + b'\\n')`, "except BaseException as e:", "    c = e"]),
    fc.constantFrom<Lines>(
      ["a = []", "while True: a.append(a)"], ["f = lambda: f()", "f()"], ["import sys", "sys.setrecursionlimit(10 ** 8)"], ["import builtins", "builtins.evil = 1"], ["import sys", "sys.modules['evil'] = 1"],
      ["import os", "os.write(40, b'[\"done\", \"1\"]\\n')"], ["import os", "os.write(40, b'[\"threw\", \"x\", null, 7]\\n')"], ["import os", "os._exit(3)"], ["raise SystemExit(5)"], ["import gc", "gc.disable()"],
      ["import sys", "sys.stdout = None"], ["import asyncio", "asyncio.create_task(asyncio.sleep(1))"], ["open('/tmp/x', 'w').write('x' * 10 ** 6)"], ["import signal", "signal.signal(signal.SIGINT, signal.SIG_IGN)"],
      ["x = 7 ** 10 ** 7"], ["import re", "re.match('(a+)+$', 'a' * 40 + 'b')"], ["import sys", "sys.settrace(lambda *a: 1 / 0)"],
    ),
  ),
})).statement; // prettier-ignore

export const pythonActions: fc.Arbitrary<string> = fc
  .array(statements, { minLength: 1, maxLength: 4 })
  .map((body) => ["async def execute_action(context):", "    a = b = c = None", ...inside(body.flat()), ""].join("\n"));

/** Text that is hardly ever a program. */
export const pythonTexts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        "import ", "from . ", "def execute_action", "(context):", "\n", "    ", "\t", "(", ")", "[", "]", "{", "}", "'", '"""', "f'{", "\\", "# -*- coding: utf-7 -*-\n", "lambda ", "async ",
        "await ", "yield ", "match x:", "case ", ":=", "**", "@", "->", "...", "\0", "\u00a0", "\ufeff", "0x", "9".repeat(5_000), "class T[T]: ", "except* ", "é", "global ", "del ", "\x0c",
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join("")),
); // prettier-ignore
