/** Names that are nearly right: in a check, in a session and in a run, in JavaScript and TypeScript, each with what was meant. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { check } from "../../author/check/check.ts";
import { ScenarioRunner } from "../../author/scenarios/runner.ts";
import { createRuntime } from "../../runtime/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import { tempFolder } from "../cli/baton.ts";
import { DevSession } from "./session.ts";

const CONFIG = JSON.stringify({ secrets: { SHOP_TOKEN: { hosts: ["api.shop.example"] } } });
let runner: ScenarioRunner;
let runtime: Runtime;
let folder: string;
let count = 0;

beforeAll(async () => {
  runner = new ScenarioRunner();
  runtime = await createRuntime();
  folder = mkdtempSync(join(tmpdir(), "baton-names-"));
  // One configuration above all of them, but for those whose project is looked through for types: a runner keeps a runtime for each that it finds.
  writeFileSync(join(folder, "baton.config.json"), CONFIG);
});
afterAll(async () => {
  await Promise.all([runner.close(), runtime.close()]);
  rmSync(folder, { recursive: true, force: true });
});

async function findings(name: string, source: string, others: Readonly<Record<string, string>> = {}, types = false) {
  const own = join(folder, String(++count));
  for (const [file, text] of Object.entries({
    [name]: source,
    ...(types && { "baton.config.json": CONFIG }),
    ...others,
  })) {
    mkdirSync(dirname(join(own, file)), { recursive: true });
    writeFileSync(join(own, file), text);
  }
  return (await check(runner, [join(own, name)], { folder: own, types })).findings;
}

const js = (body: string): string => `export async function execute_action(context) {\n${body}\n}\n`;

describe("UNKNOWN_NAME", () => {
  test.each([
    ["hand_of_conversation(context, 'why');", "hand_off_conversation"],
    ["handOffConversation(context, 'why');", "hand_off_conversation"],
    ["return structureClone({});", "structuredClone"],
    ["await fecth('https://a.example/');", "fetch"],
    ["console.lgo(1);", "log"],
    ["return JSON.strngify(context);", "stringify"],
    ["const { celi } = Math; return celi(1.2);", "ceil"],
    ["return Promise.al([]);", "all"],
    ["return context.customr?.name;", "customer"],
    ["return context.conversation.latestChanel;", "latestChannel"],
    ["return context['conversation']?.['latestChanel'];", "latestChannel"],
    ["return context.latestChannel === 'phone';", "context.conversation.latestChannel"],
    ["const { conversation } = context; return conversation.publicID;", "publicId"],
    ["const { conversation: { latestChanel } } = context; return latestChanel;", "latestChannel"],
    ["const inner = ({ customr }) => customr; return inner(context.args).nothing ?? context.customr;", "customer"],
    ["const inner = ({ customr }) => customr; return inner(context);", "customer"],
    ["function inner(context) { return context.id; } return [inner({ id: 1 }), context.customr];", "customer"],
    ["function inner(a, c) { const d = c; return d.busines; } return inner(1, context);", "business"],
    ["return context.conversation.messages.map((m) => m.contnet);", "content"],
    ["return context.conversation.messages.filter(({ sendr }) => sendr === 'bot');", "sender"],
    ["return (context.conversation?.messages ?? []).slice(-3).some((m) => m.chanel);", "channel"],
    ["return context.conversation.messages.reduce((all, m) => all + m.contnt, '');", "content"],
    ["const [first] = context.conversation.messages; return first.timestmp;", "timestamp"],
    ["const last = context.conversation.messages.toReversed()[0]; return last.sendr;", "sender"],
    ["const { argz } = context; return argz;", "args"],
    ["return context.conversation.messages[0].contnet;", "content"],
    ["for (const m of context.conversation.messages) console.log(m.sendr);", "sender"],
    ["return context.conversation.messages.at(-1).contents;", "content"],
    ["return context.conversation.call?.form;", "from"],
    ["return context.busines;", "business"],
    ["return { a: `${secrets.SHOP_TOKN}` };", "SHOP_TOKEN"],
    ["const { SHOP_TOKNE } = secrets; return `${SHOP_TOKNE}`;", "SHOP_TOKEN"],
    ["return `${secrets['OTHER_KEY']}`;", "baton.config.json"],
  ])("%s", async (body, meant) => {
    const found = await findings("a.js", js(body));
    expect(found).toMatchObject([{ code: "UNKNOWN_NAME", message: expect.stringContaining(meant), line: 2 }]);
  });

  test.each([
    "return [context.args.customr, context.customer?.nmae, context.browser_session?.anything];",
    "return [context.conversation?.queue, context.tier, context.toString(), context.hasOwnProperty('args')];",
    "const context2 = { customr: 1 }; return context2.customr;",
    "const handOffConversation = (c) => hand_off_conversation(c); return handOffConversation(context);",
    "try { nothing() } catch { return typeof structureClone; } function nothing() {}",
    "const fecth = fetch; await fecth('https://a.example/');",
    "const console = { lgo() {} }; console.lgo(); return [Object.keys({}), Math.sumPrecise, Number.MAX_VALUE, Array.fromAsync, JSON.hasOwnProperty('x')];",
    "const { latestChannel: chanel } = context.conversation ?? {}; return chanel;",
    "const f = function hand_of_conversation() {}; return { fecth: 1, a: f.hand_of_conversation };",
    "return { SHOP: `${secrets.SHOP_TOKEN}`, has: 'OTHER' in secrets, all: Object.keys(secrets), text: secrets.toString() };",
    "{ const context = { customr: 1 }; return context.customr; }",
    "function inner(context) { return context.customr; } return inner({ customr: 1 });",
    "let c = context; c = { customr: 1 }; return c.customr;",
    "const pick = (part) => part.nmae; return [pick(context.customer), pick(context.args)];",
    "return context.args.list.map((m) => m.contnet);",
  ])("stays silent on %s", async (body) => {
    expect(await findings("a.js", js(body))).toEqual([]);
  });

  test("an entry point that is misspelt is found, told, and run as an action by a session", async () => {
    const source = "export const execute_acton = (context) => context.args;";
    expect(await findings("a.js", source)).toMatchObject([
      {
        code: "ENTRY_MISSING",
        message: expect.stringContaining("did you mean execute_action where it says execute_acton"),
      },
    ]);
  });

  test.each([
    ["a.js", "const run = () => 1; export { run as execute_acton };"],
    ["a.js", "const execute_acton = () => 1; const other = 2; export { other, execute_acton };"],
    ["a.cjs", "exports.execute_acton = () => 1;"],
    ["a.cjs", "exports['executeActon'] = () => 1;"],
    ["a.cjs", "function execute_acton() {} module.exports = { helper: 1, execute_acton };"],
    ["a.cjs", "module.exports = { helper: 1, execute_acton() { return 1; } };"],
    ["a.cjs", "module.exports.Execute_Action = async () => 1;"],
  ])("a misspelt entry point is found and told by a run in %s: %s", async (name, source) => {
    const [meant] = /Acton/.test(source) ? ["executeAction"] : ["execute_action"];
    const sentence = expect.stringContaining(`did you mean ${meant} where it says `);
    expect(await findings(name, source)).toMatchObject([{ code: "ENTRY_MISSING", message: sentence }]);
    const { error } = await runtime.execute({ action: { source, filename: name }, context: { args: {} } });
    expect(error).toMatchObject({ code: "ENTRY_MISSING", message: sentence });
  });

  test.each([
    ["a.cjs", "const made = {}; made.execute_action = () => 1; module.exports = made;"],
    ["a.cjs", "module.exports = () => 1;"],
    ["a.cjs", "Object.assign(exports, require('./b.cjs'));"],
  ])("nothing is said of an entry point that only running shows in %s: %s", async (name, source) => {
    expect((await findings(name, source, { "b.cjs": "" })).filter(({ code }) => code === "ENTRY_MISSING")).toEqual([]);
  });

  test("in TypeScript the types tell it, once, secrets of the configuration included", async () => {
    const source = `export function execute_action(context: ActionContext<{ id: string }>) {
  const channel = context.conversation?.latestChanel;
  const token = \`\${secrets.SHOP_TOKEN}\`;
  return [channel, context.customr, secrets.SHOP_TOKN, token, handOffConversation(context)];
}`;
    const found = await findings("a.ts", source, {}, true);
    expect(found.map(({ code, line }) => [code, line])).toEqual([
      ["TYPE_ERROR", 2],
      ["TYPE_ERROR", 4],
      ["TYPE_ERROR", 4],
      ["TYPE_ERROR", 4],
    ]);
  }, 240_000);

  test("keys of a platform's own are declared in one place", async () => {
    const source = `export const execute_action = (context: ActionContext) => [context.tier, context.conversation?.queue];`;
    const platform = `declare global { interface ActionContext<Args> { tier?: string } interface ActionConversation { queue?: string } }\nexport {};`;
    expect(await findings("a.ts", source, { "platform.d.ts": platform }, true)).toEqual([]);
    expect(await findings("a.ts", source, {}, true)).toHaveLength(2);
  }, 240_000);

  test("a file that does not parse hides nothing of the others", async () => {
    const own = join(folder, "mixed");
    mkdirSync(own);
    writeFileSync(join(own, "broken.ts"), "export const execute_action = () => {");
    writeFileSync(
      join(own, "uses.ts"),
      `import { execute_action as x } from "./broken.ts";\nexport const execute_action = () => x;`,
    );
    writeFileSync(join(own, "wrong.ts"), `export const execute_action = (): number => "text";`);
    const paths = ["broken.ts", "uses.ts", "wrong.ts"].map((name) => join(own, name));
    const { findings } = await check(runner, paths, { folder: own, types: true });
    expect(findings.map(({ file, code }) => [file.slice(own.length + 1), code])).toEqual(
      expect.arrayContaining([
        ["broken.ts", "SYNTAX_ERROR"],
        ["wrong.ts", "TYPE_ERROR"],
      ]),
    );
  }, 240_000);
});

describe("a run", () => {
  const secrets = { SHOP_TOKEN: { value: "tok_12345678", hosts: ["api.shop.example"] } };
  const run = (source: string, given: object = { secrets }) =>
    runtime.execute({ action: { source, filename: "a.js" }, context: { args: {} }, ...given });

  test("that reads a secret which is not there throws, with the one that was meant", async () => {
    expect((await run(js("return `Bearer ${secrets.SHOP_TOKN}`;"))).error).toMatchObject({
      name: "ReferenceError",
      message: expect.stringContaining("There is no secret SHOP_TOKN in this run: did you mean SHOP_TOKEN?"),
    });
    expect((await run(js("try { secrets.OTHER } catch (e) { return [e.code, e.message] }"), {})).returnValue).toEqual([
      "SECRET_MISSING",
      expect.stringContaining("baton.config.json"),
    ]);
    expect((await run(js("const { shop_token } = secrets;"))).error?.message).toContain("did you mean SHOP_TOKEN?");
  });

  test("can ask, list, spread, await and show its secrets", async () => {
    const body = `console.log(secrets, secrets.SHOP_TOKEN, [secrets.SHOP_TOKEN]);
      const { ...all } = secrets;
      return ["SHOP_TOKEN" in secrets, "OTHER" in secrets, Object.keys(secrets), Object.keys(all), typeof (await secrets), Object.hasOwn(secrets, "OTHER"), String(secrets.SHOP_TOKEN) === JSON.parse(JSON.stringify(secrets)).SHOP_TOKEN]`;
    const { returnValue, logs } = await run(js(body));
    expect(returnValue).toEqual([true, false, ["SHOP_TOKEN"], ["SHOP_TOKEN"], "object", false, true]);
    expect(logs[0]!.message).toBe("{ SHOP_TOKEN: [secret SHOP_TOKEN] } [secret SHOP_TOKEN] [ [secret SHOP_TOKEN] ]");
  });

  test("that dies of a misspelt global says which was meant", async () => {
    expect((await run(js("hand_of_conversation(context)"))).error?.message).toContain(
      "Did you mean hand_off_conversation?",
    );
    expect((await run(js("handOffConversation(context)"))).error?.message).toContain(
      "Did you mean hand_off_conversation?",
    );
    expect((await run(js("nothingLikeIt()"))).error?.message).toBe("nothingLikeIt is not defined");
  });

  test.each([
    ["export function execute_acton() {}", "did you mean execute_action where it says execute_acton?"],
    ["export const ExecuteAction = () => 1", "did you mean executeAction where it says ExecuteAction?"],
    ["exports.execute_actions = () => 1", "did you mean execute_action where it says execute_actions?"],
    ["function execute_action() {}\nexport const other = 1", "execute_action is there, but not exported."],
    ["export const executeFunction = 1", "does not export execute_action(context)."],
  ])("of %s says so", async (source, words) => {
    expect((await run(source)).error).toMatchObject({ code: "ENTRY_MISSING", message: expect.stringContaining(words) });
  });
});

test("a session shows a misspelt name and a misspelt entry point", async () => {
  using own = tempFolder({ "a.js": js("return context.customr;"), "b.js": "export const execute_acton = () => 1;" });
  await using session = new DevSession(own.path);
  expect(await session.next((event) => event.event === "problem" && event.code === "UNKNOWN_NAME")).toMatchObject({
    action: "a.js",
    message: expect.stringContaining("customer"),
  });
  expect(await session.next((event) => event.event === "problem" && event.code === "ENTRY_MISSING")).toMatchObject({
    action: "b.js",
    message: expect.stringContaining("execute_acton"),
  });
}, 240_000);
