/** The rules about keyword arguments, work left open, and promises awaited in turn: each in its spellings, and silent on what is right. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "../../author/check/check.ts";
import { ScenarioRunner } from "../../author/scenarios/runner.ts";

let runner: ScenarioRunner;
let folder: string;

beforeAll(() => {
  runner = new ScenarioRunner();
  folder = mkdtempSync(join(tmpdir(), "baton-left-open-"));
});

afterAll(async () => {
  await runner.close();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;

async function findings(body: string, ending = "ts") {
  const file = join(folder, `action${++count}.${ending}`);
  const head = ending === "cjs" ? "exports.execute_action = async function" : "export async function execute_action";
  writeFileSync(file, `${head}(context) {\n${body}\n}\n`);
  return (await check(runner, [file], { folder, types: false })).findings;
}

const codes = async (body: string, ending?: string) => (await findings(body, ending)).map(({ code }) => code);

describe("KEYWORD_ARGUMENT", () => {
  test.each(["ts", "js", "mjs", "cjs"])("is found in a .%s file, with the right spelling", async (ending) => {
    const [found, ...more] = await findings(
      `hand_off_conversation(context, phone_destination="+15551234567");`,
      ending,
    );
    expect(found).toMatchObject({ code: "KEYWORD_ARGUMENT", rule: "keyword-argument", line: 2, column: 32 });
    expect(found!.message).toContain('hand_off_conversation(context, { phone_destination: "+15551234567" })');
    expect(more).toEqual([]);
  });

  test.each([
    ['hand_off_conversation(context=context, reason="x");', 'hand_off_conversation(context, { reason: "x" })'],
    [
      'hand_off_conversation(context, "x", phone_destination = context.args.n);',
      'hand_off_conversation(context, "x", { phone_destination: context.args.n })',
    ],
    [
      'let reason; hand_off_conversation(context, (reason = "x"), phone_destination="+1555");',
      '{ reason: "x", phone_destination: "+1555" }',
    ],
  ])("of %s says %s", async (body, right) => {
    const found = (await findings(body)).find(({ code }) => code === "KEYWORD_ARGUMENT");
    expect(found!.message).toContain(right);
  });

  test("is not found where nothing is assigned", async () => {
    expect(
      await codes(`let a; a = hand_off_conversation(context, { phone_destination: "+15551234567" }); return a;`),
    ).toEqual([]);
  });
});

const HAND_OFF = "hand_off_conversation(context)";

describe("WORK_LEFT_OPEN", () => {
  test.each([
    `setTimeout(() => ${HAND_OFF}, 10);`,
    `setTimeout(() => { if (context.args.x) { ${HAND_OFF}; } });`,
    `const later = () => ${HAND_OFF}; setInterval(later, 5);`,
    `function escalate() { ${HAND_OFF}; } queueMicrotask(() => escalate());`,
    `[1].forEach(async () => { ${HAND_OFF}; });`,
    `const each = async (x) => x; [1].forEach(each);`,
    `[1].map(async () => { await null; });`,
    `Promise.resolve().then(() => ${HAND_OFF});`,
    `fetch("https://x.example").then((r) => r.json()).catch(() => {});`,
    `(async () => { ${HAND_OFF}; })();`,
    `context.args.load().catch(() => ${HAND_OFF});`,
    `Promise.all([fetch("https://x.example")]);`,
    `Promise.allSettled([1].map(async () => { ${HAND_OFF}; }));`,
    `[1].flatMap(async () => null);`,
    `new Promise(async (done) => { await null; ${HAND_OFF}; done(); });`,
    `new Promise((done) => done(${HAND_OFF}));`,
    `setTimeout(hand_off_conversation, 5, context);`,
  ])("is found in %s", async (body) => {
    expect(await codes(body)).toEqual(["WORK_LEFT_OPEN"]);
  });

  test.each([
    `await new Promise((resolve) => setTimeout(resolve, 10));`,
    `await new Promise((resolve) => setTimeout(() => resolve(${HAND_OFF}), 10));`,
    `const stop = new AbortController(); setTimeout(() => stop.abort(), 10); await fetch("https://x.example", { signal: stop.signal });`,
    `[1].forEach((x) => console.log(x)); await Promise.all([1].map(async () => null));`,
    `await Promise.resolve().then(() => ${HAND_OFF});`,
    `return fetch("https://x.example").then(() => ${HAND_OFF});`,
    `void fetch("https://x.example").catch(() => {});`,
    `await (async () => { ${HAND_OFF}; })();`,
    `const all = [1].map(async () => null); await Promise.all(all);`,
    `return Promise.all([fetch("https://x.example")]);`,
    `void Promise.allSettled([fetch("https://x.example")]);`,
    `await new Promise(async (done) => { ${HAND_OFF}; done(); });`,
  ])("is not found in %s", async (body) => {
    expect(await codes(body)).toEqual([]);
  });
});

describe("AWAIT_MISSING", () => {
  const LATER = `async function later() { await null; ${HAND_OFF}; }`;
  test.each([
    `${LATER} later();`,
    `${LATER} const done = later(); return 1;`,
    `const later = async () => ${HAND_OFF}; later();`,
  ])("is found in %s", async (body) => expect(await codes(body)).toEqual(["AWAIT_MISSING"]));
  test.each([
    `${LATER} await later();`,
    `${LATER} const done = later(); await done;`,
    `${LATER} void later();`,
    `${LATER} const _done = later();`,
  ])("is not found in %s", async (body) => expect(await codes(body)).toEqual([]));
});

describe("AWAITED_IN_TURN", () => {
  const START = `const a = fetch("https://a.example"), b = fetch("https://b.example");`;
  test.each([
    `${START} return [await a, await b];`,
    `${START} const x = await a; const y = await b; return [x, y];`,
    `const a = context.args.one(); const b = context.args.two(); try { await a; await b; } catch {}`,
    `const b = fetch("https://b.example"); const a = fetch("https://a.example"); const x = await a; if (x.ok) await b;`,
  ])("is found in %s", async (body) => {
    expect(await codes(body)).toEqual(["AWAITED_IN_TURN"]);
  });

  test.each([
    `${START} const [x, y] = await Promise.all([a, b]); return [x, y];`,
    `const a = fetch("https://a.example"); const x = await a; const b = fetch("https://b.example"); return [x, await b];`,
    `${START} b.catch(() => {}); return [await a, await b];`,
    `const a = await fetch("https://a.example"); const b = await fetch("https://b.example"); return [a, b];`,
  ])("is not found in %s", async (body) => {
    expect(await codes(body)).toEqual([]);
  });
});
