// Why a request was refused stands where code that was written for Node looks for it: in the error's cause.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createRuntime, type Runtime } from "../../../runtime/index.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
let runtime: Runtime;
beforeAll(async () => void (runtime = await createRuntime({ logger: SILENT, egress: { hosts: ["api.example.com"] } })));
afterAll(() => runtime.close());

test.each([
  ["https://other.example/", "{}", "EGRESS_HOST"],
  ["http://api.example.com/", "{}", "EGRESS_HTTP"],
  ["https://user:pass@api.example.com/", "{}", "EGRESS_USERINFO"],
  ["https://api.example.com/", '{ method: "TRACE" }', "EGRESS_METHOD"],
])("%s with %s is %s", async (url, init, code) => {
  const source = `export async function execute_action() {
    try { await fetch(${JSON.stringify(url)}, ${init}); } catch (error) {
      return { code: error.code, cause: error.cause?.code, told: error.cause?.message === error.message, listed: Object.keys(error) };
    }
  }`;
  const outcome = await runtime.execute({
    action: { source, filename: "action.js" },
    context: { conversation: null, args: {} },
  });
  expect(outcome.returnValue).toEqual({ code, cause: code, told: true, listed: ["code"] });
});
