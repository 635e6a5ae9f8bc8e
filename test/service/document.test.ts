// The OpenAPI document as an outside validator reads it, and the examples of docs/service.md as a running service answers them.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Validator } from "@seriousme/openapi-schema-validator";
import { ACCOUNT, callSid, startFakeTwilio, TOKEN, type FakeTwilio } from "../delivery/twilio-fake.ts";
import { MAIN } from "./process.ts";
import { ADMIN, startService, type Running } from "./harness.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/service.md", import.meta.url)), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, of, text]) => (of === language ? [text!] : []));

// oxlint-disable-next-line typescript/no-explicit-any -- a document that is spoiled on purpose, and read as it comes
type Loose = any;

interface Ran {
  readonly command: string;
  readonly status: number;
  readonly body: string;
}

describe("the document", () => {
  let running: Running;
  beforeAll(async () => {
    running = await startService();
  });
  afterAll(async () => {
    await running[Symbol.asyncDispose]();
  });

  const judged = async (change: (document: Loose) => void): Promise<boolean> => {
    const { body } = await running.call("GET", "/openapi.json");
    const document = structuredClone(body) as object;
    change(document);
    const { valid } = await new Validator().validate(document as Record<string, unknown>);
    return valid;
  };

  test("is OpenAPI 3.1", async () => {
    expect(await judged(() => {})).toBe(true);
  });

  test.each<[string, (document: Loose) => void]>([
    ["an operation whose responses are no object", (d) => (d.paths["/v1/tenants"].get.responses = [])],
    ["a parameter without a place", (d) => delete d.paths["/v1/tenants/{tenant}"].get.parameters[0].in],
    ["no title", (d) => delete d.info.title],
    ["a path without its slash", (d) => (d.paths["v1/tenants"] = d.paths["/v1/tenants"])],
  ])("would not be with %s", async (_, spoil) => {
    expect(await judged(spoil)).toBe(false);
  });

  test("names each operation once, and every parameter of its path", async () => {
    const { body } = await running.call("GET", "/openapi.json");
    const ids: string[] = [];
    for (const [path, methods] of Object.entries<Record<string, Loose>>(body.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { operationId, parameters = [] } of Object.values(methods)) {
        ids.push(operationId);
        const inPath = parameters.filter(({ in: place }: { in: string }) => place === "path");
        expect({
          path,
          names: inPath.map(({ name }: { name: string }) => name).sort((a: string, b: string) => a.localeCompare(b)),
        }).toEqual({
          path,
          names: named.toSorted((a, b) => a!.localeCompare(b!)),
        });
        expect(inPath.every(({ required }: { required: boolean }) => required)).toBe(true);
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("the examples", () => {
  let running: Running;
  const folder = mkdtempSync(join(tmpdir(), "baton-examples-"));
  let twilio: FakeTwilio;
  beforeAll(async () => {
    twilio = await startFakeTwilio();
    running = await startService({ private: [new URL(twilio.url).host] });
  });
  afterAll(async () => {
    await running[Symbol.asyncDispose]();
    await twilio.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The commands of the page in one shell, as a reader types them; `api` also writes down what each was answered. */
  async function shell(text: string): Promise<{ readonly code: number; readonly ran: Ran[]; readonly errors: string }> {
    const script = `set -e
export BATON_URL=${running.url} BATON_KEY=${ADMIN} BATON_TENANT=acme
baton() { "${process.execPath}" --no-warnings "${MAIN}" "$@"; }
api() {
  local status
  status=$(curl -sS -o answer -w '%{http_code}' -H "authorization: Bearer $BATON_KEY" -H 'content-type: application/json' "$@")
  printf '%s\\t%s\\t%s\\n' "$status" "$(base64 -w0 < answer)" "$*" | tr '\\n' ' ' >&3; printf '\\n' >&3
  cat answer
}
${text}`;
    const child = spawn("bash", ["-c", script], { cwd: folder, stdio: ["ignore", "ignore", "pipe", "pipe"] });
    let errors = "";
    let told = "";
    child.stderr!.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
    (child.stdio[3] as NodeJS.ReadableStream).setEncoding("utf8").on("data", (chunk: string) => (told += chunk));
    const code = await new Promise<number>((resolve) => void child.once("close", (status) => resolve(status ?? 1)));
    const ran = told
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line): Ran => {
        const [status = "", body = "", command = ""] = line.split("\t");
        return { status: Number(status), body: Buffer.from(body, "base64").toString("utf8"), command: command.trim() };
      });
    return { code, ran, errors };
  }

  test("of the shell are all taken", async () => {
    const commands = blocks("sh")
      .filter((text) => text.includes("api "))
      .join("\n")
      // What the page has the reader fill in.
      .replaceAll(/^export .*$/gm, "")
      .replaceAll(/^api\(\).*$/gm, "")
      .replaceAll("npx baton ", "baton ")
      .replaceAll("AC00000000000000000000000000000000", ACCOUNT)
      .replaceAll('"authToken":"…"', `"authToken":"${TOKEN}","apiBase":"${twilio.url}"`)
      .replaceAll("…", "0123456789abcdef");
    const call = callSid("0").slice(0, -1) + "1";
    twilio.calls.set(call, { status: "in-progress", twiml: [], children: [] });
    const { code, ran, errors } = await shell(commands);
    const asked = page.match(/^api /gm)?.length ?? 0;
    expect({ errors, code, asked: ran.length }).toEqual({ errors: "", code: 0, asked });
    expect(ran.filter(({ status }) => status < 200 || status > 299)).toEqual([]);
    const outcome = (of: string): unknown => JSON.parse(ran.find(({ command }) => command.includes(of))!.body).outcome;
    expect(outcome("order-7")).toMatchObject({ status: "returned", returnValue: { refunded: "7" } });
    expect(outcome("call-7")).toMatchObject({ handoff: { kind: "phone_transfer", state: "fired" } });
    expect(twilio.calls.get(call)!.twiml).toEqual([expect.stringContaining(`${running.url}/v1/callbacks/twilio/acme`)]);
  });

  test("of a deployment is one change", async () => {
    const call = running.call;
    await call("PUT", "/v1/tenants/deployed", { body: {} });
    for (const action of ["status", "track"]) {
      for (const n of [1, 2, 3]) {
        const source = `export function execute_action() { return ${n}; }`;
        await call("POST", `/v1/tenants/deployed/actions/${action}/versions`, { body: { source } });
      }
    }
    const [example = ""] = blocks("").filter((text) => text.trim().startsWith("{"));
    let n = 10;
    const body = JSON.parse(
      example
        .replaceAll(/"source": "…"/g, () => `"source": "export const execute_action = () => ${(n += 1)};"`)
        .replaceAll("…", "a-token-of-a-store"),
    ) as object;
    const answer = await call("POST", "/v1/tenants/deployed/deployments", { body });
    expect({ status: answer.status, errors: answer.body.errors }).toEqual({ status: 200, errors: undefined });
    expect((await call("GET", "/v1/tenants/deployed/actions/track/live")).body).toMatchObject({
      split: [
        { version: 1, percent: 90 },
        { version: 4, percent: 10 },
      ],
    });
  });
});
