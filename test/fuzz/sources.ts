/** A grammar of actions: some do honest work, most go for a limit, all are put together from the same small parts. */
import fc from "fast-check";

const values = fc.oneof(
  { maxDepth: 4 },
  fc.constantFrom(
    "1",
    "-0",
    "NaN",
    "1n",
    "'x'",
    "'\\ud800'",
    "null",
    "undefined",
    "[]",
    "{}",
    "context",
    "context.args",
    "globalThis",
    "Symbol('s')",
    "() => 1",
    "new Date()",
    "new Map([[1, 2]])",
    "new Error('e')",
    "/x/g",
    "new Proxy({}, {})",
    "'x'.repeat(1e6)",
    "new Array(1e5)",
    "2 ** 53",
    "{ length: 2 ** 53 - 1 }",
    "new Uint8Array(9)",
    "Promise.resolve(1)",
    "Promise.reject(2)",
    "hand_off_conversation",
    "new (class { toJSON() { return 1n; } })()",
    "{ get x() { throw 1; } }",
    "{ then(ok) { ok(1); } }",
    "JSON.parse('{\"__proto__\": 1}')",
    "Object.create(null)",
    "new Function('return this')()",
  ),
);
/** What is loaded when it is first touched, the host's async functions, timers and streams: touching these runs code of ours late. */
const platform = fc.constantFrom(
  "new URL('a?b=c', 'http://d/')",
  "new URLSearchParams('a=1&b=2')",
  "new TextDecoder('utf-16le').decode(new Uint8Array([1, 2, 3]))",
  "new TextEncoder().encode('\\u20ac')",
  "btoa('a')",
  "structuredClone(new Map([[1, { a: [1n] }]]))",
  "new Blob(['x', new Uint8Array(3)]).text()",
  "new Blob(['x'.repeat(1e5)]).stream().getReader().read()",
  "new FormData()",
  "crypto.subtle.digest('SHA-256', new Uint8Array(9))",
  "crypto.getRandomValues(new Uint8Array(9))",
  "new ReadableStream({ pull(controller) { controller.enqueue('x'); } }).pipeThrough(new TextEncoderStream()).getReader().read()",
  "new TransformStream().writable.getWriter().write(1)",
  "AbortSignal.timeout(1)",
  "AbortSignal.any([AbortSignal.abort()])",
  "new EventTarget().dispatchEvent(new Event('x'))",
  "new Promise((ok) => setTimeout(ok, 2))",
  "new Promise((ok) => { let n = 0; const i = setInterval(() => { if (++n > 3) { clearInterval(i); ok(n); } }, 1); })",
  "new Promise((ok) => queueMicrotask(ok))",
  "fetch('http://a/').catch((e) => e)",
  "fetch('http://a/', { method: 'POST', body: new Uint8Array(99) }).catch((e) => e)",
  "fetch(new Request('http://a/', { method: 'PUT', body: new Blob(['x']) })).catch((e) => e)",
  "new Response(new ReadableStream()).text()",
  "new Response('{}').json()",
  "console.table([{ a: 1 }])",
  "console.dir(globalThis)",
  "console.group('g')",
  "performance.now()",
  "Temporal.Now.instant()",
  "secrets",
);
/** Built-ins that our own late code would use if it were careless; each is replaced by something that listens, lies, throws or loops. */
const holders = fc.constantFrom(
  ...[
    "Object",
    "Reflect",
    "JSON",
    "Array",
    "Promise",
    "Symbol",
    "Error",
    "Function",
    "ArrayBuffer",
    "Uint8Array",
    "Math",
  ].flatMap((name) => [name, ...(["Reflect", "JSON", "Math"].includes(name) ? [] : [`${name}.prototype`])]),
  "String.prototype",
  "RegExp.prototype",
  "Map.prototype",
  "Set.prototype",
  "WeakMap.prototype",
  "Number.prototype",
  "Object.getPrototypeOf(Uint8Array)",
  "Object.getPrototypeOf(Uint8Array.prototype)",
  "Object.getPrototypeOf([][Symbol.iterator]())",
  "Object.getPrototypeOf(async function () {})",
  "globalThis",
);
const replacements = fc.constantFrom(
  "() => 1",
  "() => { throw new Error('r'); }",
  "() => ({})",
  "() => globalThis",
  "function () { return this; }",
  "(...all) => all[0]",
  "() => 'x'.repeat(1e5)",
  "() => new Float64Array(99)",
  "() => new Proxy(() => 1, {})",
  "null",
);
const poisoned = fc.constantFrom(
  "get",
  "set",
  "value",
  "then",
  "default",
  "code",
  "ok",
  "message",
  "toJSON",
  "0",
  "length",
  "constructor",
  "bridge",
);
const names = fc.constantFrom("a", "b", "c");
const methods = fc.constantFrom(
  "toString",
  "valueOf",
  "map",
  "fill",
  "join",
  "sort",
  "concat",
  "slice",
  "at",
  "then",
  "constructor",
  "repeat",
  "padEnd",
  "normalize",
  "split",
  "indexOf",
  "push",
  "flat",
  "keys",
);

const expressions = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, depthIdentifier: "expression" },
    values,
    platform,
    names,
    fc
      .tuple(tie("expression"), methods, tie("expression"))
      .map(([object, method, argument]) => `(${object})?.${method}?.(${argument})`),
    fc.tuple(tie("expression"), tie("expression")).map(([left, right]) => `[${left}, ${right}]`),
    fc.tuple(tie("expression"), tie("expression")).map(([left, right]) => `({ a: ${left}, [String(${right})]: 1 })`),
    tie("expression").map((inner) => `hand_off_conversation(${inner}, ${inner})`),
    tie("expression").map((inner) => `JSON.stringify(${inner})`),
    tie("expression").map((inner) => `await (${inner})`),
  ),
})).expression;

const statements = fc.letrec<{ statement: string }>((tie) => ({
  statement: fc.oneof(
    { maxDepth: 3, depthIdentifier: "statement" },
    fc.tuple(names, expressions).map(([name, value]) => `${name} = ${value};`),
    expressions.map((value) => `console.log(${value});`),
    expressions.map((value) => `return ${value};`),
    expressions.map((value) => `throw ${value};`),
    fc.tuple(names, tie("statement")).map(([name, body]) => `for (let i = 0; i < 50; i++) { ${name} = i; ${body} }`),
    tie("statement").map((body) => `for (;;) { ${body} }`),
    fc.tuple(tie("statement"), tie("statement")).map(([body, then]) => `try { ${body} } catch (e) { c = e; ${then} }`),
    fc.tuple(expressions, tie("statement")).map(([value, body]) => `if (${value}) { ${body} }`),
    fc
      .tuple(holders, fc.nat(200), replacements)
      .map(
        ([holder, at, value]) =>
          `try { const h = ${holder}, k = Reflect.ownKeys(h); h[k[${at} % k.length]] = ${value}; } catch (e) { c = e; }`,
      ),
    fc
      .tuple(holders, replacements)
      .map(
        ([holder, value]) =>
          `try { const h = ${holder}; for (const k of Reflect.ownKeys(h)) try { h[k] = ${value}; } catch {} } catch (e) { c = e; }`,
      ),
    fc
      .tuple(poisoned, replacements)
      .map(
        ([key, value]) =>
          `Reflect.defineProperty(Object.prototype, "${key}", { __proto__: null, configurable: true, get: (${value}) ?? undefined, set() {} });`,
      ),
    expressions.map((value) => `setTimeout(async () => { c = ${value}; }, 1);`),
    expressions.map(
      (value) =>
        `{ let left = 150; const deep = async (n) => { try { return deep(n + 1); } finally { if (left-- > 0) try { a = ${value}; } catch (e) { b = e && e.stack; } } }; try { deep(0); } catch {} }`,
    ),
    fc.constantFrom(
      "Object.prototype.toJSON = () => 1;",
      "Array.prototype[Symbol.iterator] = null;",
      "Promise.prototype.then = null;",
      "Error.prepareStackTrace = () => { throw 1; };",
      "JSON.stringify = null;",
      "a = []; for (;;) a.push(a);",
      "const f = () => f(); f();",
      "Object.freeze(globalThis);",
      "delete globalThis.console;",
      "globalThis.evil = 1;",
    ),
  ),
})).statement;

export const actions: fc.Arbitrary<string> = fc
  .array(statements, { minLength: 1, maxLength: 5 })
  .map((body) => `export async function execute_action(context) { let a, b, c; ${body.join(" ")} }`);

/** Text that is hardly ever a program. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        "import ",
        "export ",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "`",
        "${",
        "'",
        '"',
        "\\u",
        "//# sourceMappingURL=",
        "/etc/passwd",
        "=>",
        "await ",
        "class ",
        "<",
        ">",
        "\n",
        "\0",
        "@",
        "#x",
        "...",
        "async ",
        "function* ",
        "enum E {",
        "type T = ",
        "as const",
        "0x",
        "9".repeat(50),
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join("")),
);
