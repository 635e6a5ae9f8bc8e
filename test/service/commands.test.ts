// The authors' commands and the typed client against a running service.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { PATHS_FILE, pathsFile } from "../../scripts/service-paths.ts";
import { readFileSync } from "node:fs";
import { BatonError, createClient } from "../../service/client/index.ts";
import { ADMIN, chat, startService, type Running } from "./harness.ts";
import { MAIN } from "./process.ts";

let baton: Running;
let folder: string;

beforeAll(async () => {
  baton = await startService();
  await baton.call("PUT", "/v1/tenants/acme", { body: { displayName: "Acme" } });
  folder = mkdtempSync(join(tmpdir(), "baton-deploy-"));
  mkdirSync(join(folder, "actions/shared"), { recursive: true });
  writeFileSync(
    join(folder, "actions/refund.ts"),
    `import { say } from "./shared/say.ts";\nexport function execute_action(c: any) { console.log("refunding"); return say(1); }\n`,
  );
  writeFileSync(join(folder, "actions/shared/say.ts"), "export const say = (n: number) => ({ version: n });\n");
  writeFileSync(join(folder, "actions/status.js"), "export function execute_action(c) { return c.args; }\n");
  writeFileSync(
    join(folder, "baton.config.json"),
    JSON.stringify({ egress: { hosts: ["api.example.com"] }, secrets: { TOKEN: { hosts: ["api.example.com"] } } }),
  );
  writeFileSync(join(folder, ".env"), "TOKEN=a-secret-value\n");
});
afterAll(async () => {
  await baton[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const child = spawn(process.execPath, ["--no-warnings", MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", BATON_URL: baton.url, BATON_KEY: ADMIN, BATON_TENANT: "acme", ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, stdout, stderr })));
}

describe("the commands", () => {
  test("deploy a folder as one change, with its doors and secrets", async () => {
    const { status, stdout, stderr } = await command(["deploy", ".", "--env-file", ".env", "--note", "first"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("refund: version 1 is live");
    expect(stdout).toContain("status: version 1 is live");
    expect((await baton.call("GET", "/v1/tenants/acme")).body.egress).toEqual({ hosts: ["api.example.com"] });
    expect((await baton.call("GET", "/v1/tenants/acme/secrets")).body.secrets).toMatchObject([{ name: "TOKEN" }]);
    expect((await baton.execute("acme", "refund", chat("c"))).body.outcome.returnValue).toEqual({ version: 1 });
  });

  test("call an action and show its outcome", async () => {
    const { status, stdout } = await command(["call", "status", "--args", '{"orderId":"7"}', "--json"]);
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { status: "returned", returnValue: { orderId: "7" } }]);
    expect((await command(["call", "refund"])).stdout).toContain("version 1");
  });

  test("make a canary, list versions, and roll back", async () => {
    writeFileSync(join(folder, "actions/shared/say.ts"), "export const say = (n: number) => ({ version: n + 1 });\n");
    expect((await command(["deploy", ".", "--percent", "10"])).stdout).toContain("refund: version 2 is live for 10%");
    expect((await baton.call("GET", "/v1/tenants/acme/actions/refund/live")).body.split).toEqual([
      { version: 1, percent: 90 },
      { version: 2, percent: 10 },
    ]);
    expect((await command(["versions", "refund"])).stdout).toMatch(/ 2 .*live 10%[^]* 1 .*live 90%/);
    const back = await command(["rollback", "refund"]);
    expect([back.status, back.stdout]).toEqual([
      0,
      expect.stringContaining("refund: version 1, was version 1 (90%), version 2 (10%)"),
    ]);
    const unchanged = await command(["deploy", ".", "--percent", "10"]);
    expect(unchanged.stdout).toContain("status: version 1 is live for all, as before: nothing changed");
    expect((await command(["rollback", "refund", "--to", "2"])).status).toBe(0);
    expect((await baton.call("GET", "/v1/tenants/acme/actions/refund/live")).body.version).toBe(2);
  });

  test("show log lines", async () => {
    await baton.execute("acme", "refund", chat("c"));
    const { stdout, status } = await command(["logs", "refund"]);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/info {2}refunding[^]*returned \(version \d\)/)]);
  });

  test("say what is wrong in one sentence", async () => {
    writeFileSync(join(folder, "actions/broken.ts"), "export function (");
    const broken = await command(["deploy", "."]);
    rmSync(join(folder, "actions/broken.ts"));
    expect([broken.status, broken.stderr]).toEqual([2, expect.stringContaining("NOT_COMPILED")]);
    expect(broken.stderr).toContain("broken.ts:1");
    expect((await command(["versions"], { BATON_KEY: "wrong" })).stderr).toContain("KEY_INVALID");
    expect((await command(["versions"], { BATON_URL: "http://127.0.0.1:9" })).stderr).toContain("cannot be reached");
    expect(await command(["versions"], { BATON_TENANT: "" })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--tenant"),
    });
    expect((await command(["call", "nothing"])).stderr).toMatch(/NOT_FOUND.*`baton versions` lists/);
    expect((await command(["versions"], { BATON_TENANT: "none" })).stderr).toMatch(/NOT_FOUND.*BATON_TENANT/);
    expect((await command(["call", "status", "--version", "9"])).stderr).toMatch(/NOT_FOUND.*`baton versions ACTION`/);
  });
});

describe("the client", () => {
  test("calls by name, and throws problems with their code", async () => {
    const client = createClient({ url: baton.url, key: ADMIN });
    const { version } = await client.createVersion({
      tenant: "acme",
      action: "typed",
      body: { source: "export const execute_action = () => 5;" },
    });
    await client.putLive({ tenant: "acme", action: "typed", body: { version } });
    const answer = await client.execute({
      tenant: "acme",
      action: "typed",
      body: { context: { conversation: { id: "c" }, args: {} } },
      headers: { "idempotency-key": "typed-1" },
    });
    expect("outcome" in answer && answer.outcome["returnValue"]).toBe(5);
    const missing = client.getTenant({ tenant: "nobody" });
    await expect(missing).rejects.toBeInstanceOf(BatonError);
    await expect(missing).rejects.toMatchObject({ status: 404, code: "NOT_FOUND" });
    expect(await client.livez({})).toEqual({ status: "ok" });
  });

  test("is made from the table of routes", () => {
    expect(readFileSync(PATHS_FILE, "utf8")).toBe(pathsFile());
  });

  test("follows events", async () => {
    const client = createClient({ url: baton.url, key: ADMIN });
    const stop = new AbortController();
    await baton.live("acme", "help", "export function execute_action(c) { return hand_off_conversation(c).success; }");
    const stream = client.tenantEvents({ tenant: "acme", signal: stop.signal });
    const first = stream[Symbol.asyncIterator]().next();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await baton.execute("acme", "help", chat("followed"));
    expect((await first).value).toMatchObject({ event: "handed_off", data: { conversationId: "followed" } });
    stop.abort();
  });
});
