/** Canned answers stand in for the network, and for nothing else. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../../runtime/index.ts";
import { ScenarioRunner } from "../../author/scenarios/runner.ts";
import type { CannedAnswer } from "../../author/scenarios/scenario.ts";
import { tempFolder } from "../cli/baton.ts";

const folder = tempFolder({
  "get.ts": `export async function execute_action({ args }) {
    const answers = [];
    for (const [url, init] of args.requests) {
      try {
        const answer = await fetch(url, init);
        answers.push({ status: answer.status, type: answer.headers.get("content-type"), text: await answer.text(), url: answer.url });
      } catch (error) {
        answers.push({ error: error.message + ": " + error.cause?.message, code: error.code });
      }
    }
    return answers;
  }`,
});
let runner: ScenarioRunner;
beforeAll(() => {
  runner = new ScenarioRunner();
});
afterAll(async () => {
  await runner.close();
  folder[Symbol.dispose]();
});

async function ask(requests: Json[], http: CannedAnswer[], action = "get.ts") {
  const context = { args: { requests } };
  const { outcome, unanswered } = await runner.run({ action: join(folder.path, action), context, http });
  expect(outcome.error).toBeUndefined();
  return { answers: outcome.returnValue as { status?: number; text?: string; error?: string }[], unanswered };
}

const ORDER = "https://api.shop.example/orders/1";

describe("a request", () => {
  test("gets the answer for its URL and method, of any public host", async () => {
    const { answers, unanswered } = await ask(
      [[ORDER], [ORDER, { method: "POST", body: "x" }], ["https://api.shop.example/other?x=1"]],
      [
        { method: "post", url: ORDER, status: 201, body: "made" },
        { url: ORDER, json: { id: 1 } },
        { url: "https://api.shop.example/*", headers: { "content-type": "text/csv" }, body: "a,b" },
      ],
    );
    expect(answers).toEqual([
      { status: 200, type: "application/json", text: '{"id":1}', url: ORDER },
      { status: 201, type: "text/plain;charset=UTF-8", text: "made", url: ORDER },
      { status: 200, type: "text/csv", text: "a,b", url: "https://api.shop.example/other?x=1" },
    ]);
    expect(unanswered).toEqual([]);
  });

  test("gets one answer after the other where they are counted", async () => {
    const { answers } = await ask(
      [[ORDER], [ORDER], [ORDER], [ORDER]],
      [
        { url: ORDER, status: 503, times: 2 },
        { url: ORDER, error: "the connection was reset", times: 1 },
        { url: ORDER, json: "fine" },
      ],
    );
    expect(answers.map(({ status, error }) => status ?? error)).toEqual([
      503,
      503,
      expect.stringContaining("the connection was reset"),
      200,
    ]);
  });

  test("that nothing answers fails and is named, without reaching the network", async () => {
    const { answers, unanswered } = await ask([["https://localhost.example:443/x"]], []);
    expect(answers[0]!.error).toContain("no answer for GET https://localhost.example/x");
    expect(unanswered).toEqual(["GET https://localhost.example/x"]);
  });

  test("follows redirects as it would in production", async () => {
    const { answers } = await ask(
      [["https://a.example/from"]],
      [
        { url: "https://a.example/from", status: 302, headers: { location: "/to" } },
        { url: "https://a.example/to", body: "there" },
      ],
    );
    expect(answers).toMatchObject([{ status: 200, text: "there", url: "https://a.example/to" }]);
  });

  test("is refused where the project's policy refuses it, with an answer or without", async () => {
    const strict = join(folder.path, "strict");
    mkdirSync(strict);
    writeFileSync(join(strict, "baton.config.json"), `{ "egress": { "hosts": ["a.example"] } }`);
    writeFileSync(join(strict, "get.ts"), `export { execute_action } from "./copy.ts";`);
    writeFileSync(
      join(strict, "copy.ts"),
      `export const execute_action = async ({ args }) => Promise.all(args.requests.map(([url]) => fetch(url).then((it) => ({ status: it.status }), (error) => ({ error: error.code }))));`,
    );
    const { answers, unanswered } = await ask(
      [["https://a.example/"], ["https://b.example/"]],
      [{ url: "https://*.example/", body: "yes" }],
      "strict/get.ts",
    );
    expect(answers).toEqual([{ status: 200 }, { error: "EGRESS_HOST" }]);
    expect(unanswered).toEqual([]);
  });

  test("waits as long as the answer says, by the clock of the run", async () => {
    const start = performance.now();
    const { answers } = await ask([[ORDER]], [{ url: ORDER, body: "late", delayMs: 120 }]);
    expect(answers[0]!.text).toBe("late");
    expect(performance.now() - start).toBeGreaterThan(100);
  });
});
