/** Each rule of `baton check` finds its mistake in its spellings, at its place, and stays silent on what is right. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { check } from "../../author/check/check.ts";
import { ScenarioRunner } from "../../author/scenarios/runner.ts";

const fixtures = fileURLToPath(new URL("../../fixtures/actions/", import.meta.url));
let runner: ScenarioRunner;
let folder: string;

beforeAll(() => {
  runner = new ScenarioRunner();
  folder = mkdtempSync(join(tmpdir(), "baton-rules-"));
});

afterAll(async () => {
  await runner.close();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;

async function findings(source: string, others: Readonly<Record<string, string>> = {}, types = false) {
  const own = join(folder, String(++count));
  for (const [name, text] of Object.entries({ "action.ts": source, ...others })) {
    mkdirSync(dirname(join(own, name)), { recursive: true });
    writeFileSync(join(own, name), text);
  }
  const checked = await check(runner, [join(own, "action.ts")], { folder: own, types });
  return checked.findings;
}

const codes = async (source: string, others?: Readonly<Record<string, string>>) =>
  (await findings(source, others)).map(({ code }) => code);

const action = (body: string, head = "") =>
  `${head}\nexport async function execute_action(context: any) {\n${body}\n}\n`;

describe("the fixtures", () => {
  test("have nothing to find, types included", async () => {
    const actions = readdirSync(fixtures)
      .filter((name) => /^[a-z-]+\.ts$/.test(name))
      .map((name) => join(fixtures, name));
    const { findings, typesNote } = await check(runner, actions, { folder: fixtures, types: true });
    expect({ findings, typesNote }).toEqual({ findings: [], typesNote: null });
  });
});

describe("IMPORT_REFUSED for a name that only the run knows", () => {
  test.each([
    "const name = context.args.name; await import(name);",
    'await import("x" + context.args.name);',
    'await import("" + context.args.name);',
    "await import(`lang-${context.args.name}`);",
    "const load = (name: string) => import(name).catch(() => null); await load(context.args.name);",
    "await import(context.args.name, { with: { type: 'json' } });",
  ])("%s", async (body) => {
    const [finding, ...more] = await findings(action(body));
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ code: "IMPORT_REFUSED", line: 3 });
    expect(finding!.message).toContain("one import for each");
  });

  test("is silent on names that stand there, and says it once of a pattern", async () => {
    const files = { "de.ts": "export const text = 1;" };
    const own = 'const texts = { de: () => import("./de.ts"), en: () => import(`./de.ts`) }; await texts.de();';
    expect(await codes(action(own), files)).toEqual([]);
    expect(await codes(action("await import(`./${context.args.name}.ts`);"), files)).toEqual(["IMPORT_REFUSED"]);
    expect(await codes(action('await import("./" + context.args.name);'), files)).toEqual(["IMPORT_REFUSED"]);
  });
});

describe("PHONE_NOT_E164", () => {
  test.each([
    `hand_off_conversation(context, null, "555-1234");`,
    `hand_off_conversation(context, "reason", '+1 555 123 4567');`,
    `hand_off_conversation(context, { phone_destination: "0049301234567" });`,
    `hand_off_conversation(context, "why", { "phone_destination": "15551234567" });`,
    "hand_off_conversation(context, undefined, `+0123`);",
    `const desk = "call us"; hand_off_conversation(context, { phone_destination: desk });`,
    `hand_off_conversation(context, { phone_destination: context.args.vip ? "+15551234567" : "n/a" });`,
  ])("is found in %s", async (body) => {
    expect(await codes(action(body))).toEqual(["PHONE_NOT_E164"]);
  });

  test.each([
    `hand_off_conversation(context, null, "+15551234567");`,
    `hand_off_conversation(context, { phone_destination: "" });`,
    `hand_off_conversation(context, { phone_destination: context.args.desk });`,
    `hand_off_conversation(context, "555-1234");`,
  ])("is not found in %s", async (body) => {
    expect(await codes(action(body))).toEqual([]);
  });

  test("has the file, line, column, frame and page", async () => {
    const [found] = await findings(action(`  hand_off_conversation(context, null, "555");`));
    expect(found).toMatchObject({ rule: "phone-not-e164", line: 3, column: 40 });
    expect(found!.file).toMatch(/action\.ts$/);
    expect(found!.frame).toContain('> 3 |   hand_off_conversation(context, null, "555");');
  });
});

describe("REASON_TOO_LONG", () => {
  const long = "x".repeat(501);

  test.each([
    `hand_off_conversation(context, "${long}");`,
    `hand_off_conversation(context, { reason: "${long}" });`,
    `hand_off_conversation(context, \`${long}\${context.args.id}\`);`,
    `hand_off_conversation(context, "${"x".repeat(300)}" + "${"x".repeat(300)}");`,
  ])("is found (%#)", async (body) => {
    expect(await codes(action(body))).toEqual(["REASON_TOO_LONG"]);
  });

  test("counts characters, not code units", async () => {
    expect(await codes(action(`hand_off_conversation(context, "${"😀".repeat(500)}");`))).toEqual([]);
  });
});

describe("CONTEXT_NOT_PASSED", () => {
  test.each([
    `hand_off_conversation();`,
    `hand_off_conversation("Fraud");`,
    `hand_off_conversation(null, "Fraud");`,
    `hand_off_conversation({ reason: "Fraud" });`,
    `hand_off_conversation(context.args, "Fraud");`,
    `hand_off_conversation(context.conversation, "Fraud");`,
  ])("is found in %s", async (body) => {
    expect(await codes(action(body))).toEqual(["CONTEXT_NOT_PASSED"]);
  });

  test.each([
    `hand_off_conversation(context);`,
    `hand_off_conversation({ ...context }, "Fraud");`,
    `hand_off_conversation({ conversation: context.conversation });`,
    `hand_off_conversation(structuredClone(context));`,
    `const all = [context, "why"] as const; hand_off_conversation(...all);`,
  ])("is not found in %s", async (body) => {
    expect(await codes(action(body))).toEqual([]);
  });

  test("leaves a function of the author's own by that name alone", async () => {
    const own = `function hand_off_conversation(...all: unknown[]) { return all; }`;
    expect(await codes(action(`hand_off_conversation();`, own))).toEqual([]);
  });
});

describe("CODE_AFTER_TRANSFER", () => {
  const transfer = `hand_off_conversation(context, { phone_destination: "+15551234567" });`;

  test.each([
    `${transfer} await fetch("https://api.example.com/log");`,
    `${transfer} return { done: await fetch("https://api.example.com/log") };`,
    `if (context.args.open) { ${transfer} } await fetch("https://api.example.com/log");`,
    `${transfer} hand_off_conversation(context, "and again");`,
  ])("is found in %s", async (body) => {
    expect(await codes(action(body))).toEqual(["CODE_AFTER_TRANSFER"]);
  });

  test.each([
    `${transfer} return { success: true };`,
    `${transfer} console.log("asked"); return { success: true };`,
    `if (context.args.open) { ${transfer} return { success: true }; } await fetch("https://api.example.com/log");`,
    `await fetch("https://api.example.com/log"); ${transfer}`,
    `const answer = ${transfer} if (!answer.success) hand_off_conversation(context);`,
    `hand_off_conversation(context, "no call"); await fetch("https://api.example.com/log");`,
  ])("is not found in %s", async (body) => {
    expect(await codes(action(body))).toEqual([]);
  });
});

describe("AWAIT_MISSING", () => {
  const order = `async function order(id?: string) { return { id, flagged: true }; }`;

  test.each([
    `order();`,
    `const it = order(); return it.id;`,
    `const { id } = order(); return id;`,
    `if (order()) return 1;`,
    `return { order: order() };`,
    `return order().id;`,
    "return `${order()}`;",
    `hand_off_conversation(context, order());`,
    `const it = order(); if (it.flagged) hand_off_conversation(context);`,
  ])("is found in %s", async (body) => {
    expect(await codes(action(body, order))).toEqual(["AWAIT_MISSING"]);
  });

  test.each([
    `await order();`,
    `return order();`,
    `const it = order(); return (await it).id;`,
    `const [a, b] = await Promise.all([order(), order()]); return [a, b];`,
    `void order();`,
    `return order().then((it) => it.id);`,
    `const it = order(); it.catch(() => {}); return it;`,
  ])("is not found in %s", async (body) => {
    expect(await codes(action(body, order))).toEqual([]);
  });

  test("is found for functions that come from the action's own modules, and in those", async () => {
    const shop = {
      "lib/shop.ts": `export const order = async () => ({ id: 1 });\nexport function first() { return order().id; }`,
    };
    const found = await findings(action(`return order().id;`, `import { order } from "./lib/shop.ts";`), shop);
    expect(found.map(({ code, line, file }) => [code, line, file.endsWith("shop.ts")])).toEqual([
      ["AWAIT_MISSING", 3, false],
      ["AWAIT_MISSING", 2, true],
    ]);
  });

  test("can be set aside for one line", async () => {
    expect(await codes(action(`// baton-ignore AWAIT_MISSING: nobody needs the answer\norder();`, order))).toEqual([]);
  });
});

describe("ENTRY_MISSING", () => {
  test.each([
    ["export function execute_acton() {}", "did you mean execute_action"],
    ["function execute_action() {}", "not exported"],
    ["export const answer = 42;", "export function execute_action(context)"],
  ])("is found in %s", async (source, hint) => {
    const found = await findings(source);
    expect(found.map(({ code }) => code)).toEqual(["ENTRY_MISSING"]);
    expect(found[0]!.message).toContain(hint);
  });

  test.each([
    "export const execute_action = () => 1;",
    "export function executeAction() {}",
    "export default async () => 1;",
    "const run = () => 1; export { run as execute_action };",
    "exports.execute_action = () => 1;",
    "module.exports = () => 1;",
  ])("is not found in %s", async (source) => {
    expect(await codes(source)).toEqual([]);
  });
});

describe("what the compiler and TypeScript say", () => {
  test.each([
    [`import fs from "node:fs";`, "IMPORT_REFUSED"],
    [`import { x } from "./nowhere.ts";`, "IMPORT_NOT_FOUND"],
    [`import _ from "lodash";`, "IMPORT_REFUSED"],
  ])("%s is %s", async (head, code) => {
    const [found, ...more] = await findings(action("return 1;", head));
    expect(found).toMatchObject({ code, rule: "import-unresolved", line: 1 });
    expect(found!.frame).toContain("> 1 | import");
    expect(more).toEqual([]);
  });

  test.each([
    `import type { ActionContext } from "baton-runtime/globals";`,
    `import { part } from "./part.ts";`,
    `import { Part } from "./part.ts"; export type Other = Part;`,
  ])("%s is fine", async (head) => {
    const part = "export const part = 1; export type Part = number;";
    expect(await codes(action("return 1;", head), { "part.ts": part })).toEqual([]);
  });

  test.each([
    `import fs from "node:fs"; const used = () => fs.readFileSync("/etc/hosts");`,
    `import { x } from "./nowhere.ts"; export const y = x;`,
  ])("an import that is used is told once: %s", async (head) => {
    expect(await codes(action("return 1;", head))).toHaveLength(1);
  });

  test("a syntax error is told once, with its place", async () => {
    const found = await findings("export function execute_action( {", {}, true);
    expect(found.map(({ code, line }) => [code, line])).toEqual([["SYNTAX_ERROR", 1]]);
    expect(found[0]!.frame).toContain("execute_action(");
  });

  test("a type error has TypeScript's number, its place and its frame", async () => {
    const found = await findings(action(`const it: number = "text"; return it;`), {}, true);
    expect(found).toMatchObject([{ code: "TYPE_ERROR", rule: "type-error", line: 3, column: 7 }]);
    expect(found[0]!.message).toContain("TS2322");
    expect(found[0]!.frame).toContain('const it: number = "text"');
  });

  test("types are those of an action: no process, no document, but the hand-off", async () => {
    const found = await findings(
      action(`hand_off_conversation(context, 5 as never); process.exit(); document.title;`),
      {},
      true,
    );
    expect(found.map(({ message }) => message.slice(0, 40))).toEqual([
      expect.stringContaining("process"),
      expect.stringContaining("document"),
    ]);
  });
});
