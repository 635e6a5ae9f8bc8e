import { describeAttacks } from "../harness.ts";

const loops = "timed_out CPU_LIMIT";
const failed = ["invalid", "threw", "returned", "timed_out", "out_of_memory"];
const any = failed.flatMap((status) => [
  status,
  ...[
    "COMPILE_OUT_OF_MEMORY",
    "SYNTAX_ERROR",
    "COMPILE_LIMIT",
    "COMPILE_TIMEOUT",
    "COMPILE_MEMORY",
    "COMPILE_CRASHED",
    "SOURCE_TOO_LARGE",
    "SOURCE_NOT_TEXT",
    "BUNDLE_TOO_LARGE",
    "ACTION_THREW",
    "ENTRY_MISSING",
    "CPU_LIMIT",
    "OUT_OF_MEMORY",
    "TOP_LEVEL_AWAIT",
    "IMPORT_REFUSED",
  ].map((code) => `${status} ${code}`),
]);
const EXPORT = "export const execute_action = () => 1;";

describeAttacks("a source that attacks whoever reads it", {
  "a loop at the top level": { source: `${EXPORT} for (;;);`, ends: loops },
  "a loop of microtasks at the top level": {
    source: `const next = () => Promise.resolve().then(next); next(); export const execute_action = () => new Promise(() => {});`,
    ends: [loops, "out_of_memory OUT_OF_MEMORY"],
  },
  "an await at the top level": { source: `await null; ${EXPORT}`, ends: any },
  "an end of the wrapper": { source: `${EXPORT} }); for (;;); (function () {`, ends: any },
  "an end of the wrapper in a comment": { source: `${EXPORT} /* })(); */ // })\n`, ends: "returned" },
  "a hashbang and a byte order mark": { source: `\ufeff${EXPORT}`, ends: any },
  "html comments": { source: `${EXPORT}\n<!-- x\n--> y`, ends: any },
  "nested brackets": { source: `${EXPORT} const x = ${"[".repeat(1e5)}${"]".repeat(1e5)};`, ends: any },
  "nested functions": { source: `${EXPORT} ${"(() => ".repeat(2e4)}1${")".repeat(2e4)};`, ends: any },
  "nested templates": { source: `${EXPORT} const x = ${"`${".repeat(2e4)}1${"}`".repeat(2e4)};`, ends: any },
  "a sum of many parts": { source: `${EXPORT} const x = ${"1+".repeat(3e5)}1;`, ends: any },
  "a megabyte of types": { source: `${EXPORT} type T = ${"{ a: ".repeat(2e4)}1${" }".repeat(2e4)};`, ends: any },
  "more than a megabyte": { source: `${EXPORT} // ${"x".repeat(2 ** 20)}`, ends: any },
  "no text": { source: `${EXPORT}\0`, ends: any },
  nothing: { source: " ", ends: any, filename: "empty.js" },
  "an export whose getter loops": {
    source: "Object.defineProperty(module.exports, 'execute_action', { get() { for (;;); } });",
    ends: [...any, loops],
    filename: "action.cjs",
  },
  "exports that are a proxy": {
    source: "module.exports = new Proxy({}, { get() { for (;;); } });",
    ends: loops,
    filename: "action.cjs",
  },
  "exports that are nothing": { source: "module.exports = null;", ends: any, filename: "action.cjs" },
  "exports thrown away": { source: "exports = module = null;", ends: any, filename: "action.cjs" },
});
