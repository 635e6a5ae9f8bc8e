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
