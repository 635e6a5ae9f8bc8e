// `baton serve` as a person starts it: an empty folder, a key printed once, a stop that drains, a death that loses nothing.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { settingsSchema } from "../../service/settings.ts";
import { ADMIN, chat, until } from "./harness.ts";
import { MAIN, pick, serveProcess, type ServeProcess } from "./process.ts";

let folder: string;
const started: ServeProcess[] = [];
const start = async (...given: Parameters<typeof serveProcess>): Promise<ServeProcess> => {
  const one = await serveProcess(...given);
  started.push(one);
  return one;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "baton-serve-"));
});
afterAll(async () => {
  await Promise.all(started.map((one) => one.kill("SIGKILL")));
  rmSync(folder, { recursive: true, force: true });
});

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawnSync(process.execPath, ["--no-warnings", MAIN, "serve", ...args], {
    cwd: folder,
    env: { ...pick("PATH", "NODE_COMPILE_CACHE"), HOME: folder, ...env },
    encoding: "utf8",
  });

const SLOW = `export async function execute_action(c: any) { await new Promise((r) => setTimeout(r, c.args.ms)); return c.args.n; }`;

describe("in an empty folder", () => {
  test("it makes its store and an admin key, which is printed once", async () => {
    const empty = mkdtempSync(join(folder, "empty-"));
    const first = await start(empty);
    const [, key = ""] = /Admin key[^:]*: (\S+)/.exec(first.output()) ?? [];
    expect(key).toMatch(/^baton_[a-z0-9]{16}_[A-Za-z0-9_-]{43}$/);
    expect((await first.call("GET", "/v1/tenants", { key })).status).toBe(200);
    expect((await first.call("GET", "/readyz", { key: null })).status).toBe(200);
    expect(statSync(join(empty, "baton-data/secrets.key")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(empty, "baton-data/baton.db")).includes(Buffer.from(key))).toBe(false);
    expect(await first.kill()).toBe(0);
    const second = await start(empty);
    expect(second.output()).not.toContain("Admin key");
    expect((await second.call("GET", "/v1/tenants", { key })).status).toBe(200);
    await second.kill();
  });
});

describe("killed in the middle", () => {
  test("what was acknowledged is there, and what was accepted and not begun runs", async () => {
    const home = mkdtempSync(join(folder, "killed-"));
    const env = { BATON_ADMIN_KEY: ADMIN, BATON_CONCURRENCY: "1" };
    const first = await start(home, [], env);
    await first.call("PUT", "/v1/tenants/t", { body: {} });
    await first.call("POST", "/v1/tenants/t/actions/slow/versions", { body: { source: SLOW } });
    await first.call("PUT", "/v1/tenants/t/actions/slow/live", { body: { version: 1 } });
    const path = "/v1/tenants/t/actions/slow/executions";
    const done = await first.call("POST", path, {
      body: chat("c", { ms: 1, n: 1 }),
      headers: { "idempotency-key": "done" },
    });
    const accept = (key: string, ms: number) =>
      first.call("POST", path, {
        body: chat("c", { ms, n: key }),
        headers: { "idempotency-key": key, prefer: "respond-async" },
      });
    expect((await accept("begun", 60_000)).status).toBe(202);
    await until(async () => (await first.call("GET", "/v1/tenants/t/executions/begun")).body.status === "running");
    for (const key of ["waits-1", "waits-2"]) expect((await accept(key, 1)).status).toBe(202);
    await first.kill("SIGKILL");

    const second = await start(home, [], env);
    const again = await second.call("POST", path, {
      body: chat("c", { ms: 1, n: 1 }),
      headers: { "idempotency-key": "done" },
    });
    expect(again.body).toEqual(done.body);
    const settled = (key: string) =>
      until(async () => {
        const { body } = await second.call("GET", `/v1/tenants/t/executions/${key}`);
        return body.outcome && (body as { status: string; outcome: { returnValue?: unknown } });
      });
    for (const key of ["waits-1", "waits-2"]) expect((await settled(key)).outcome.returnValue).toBe(key);
    // It had begun: it is not run again, and its caller's answer says so.
    expect((await settled("begun")).status).toBe("crashed");
    await second.kill();
  });
});

describe("told to stop", () => {
  test("it falls out of readiness first, goes on with what runs, and refuses what comes", async () => {
    const home = mkdtempSync(join(folder, "drains-"));
    const one = await start(home, [], { BATON_ADMIN_KEY: ADMIN, BATON_UNREADY_MS: "700" });
    await one.call("PUT", "/v1/tenants/t", { body: {} });
    await one.call("POST", "/v1/tenants/t/deployments", { body: { actions: { slow: { source: SLOW } } } });
    const path = "/v1/tenants/t/actions/slow/executions";
    const running = one.call("POST", path, { body: chat("c", { ms: 1_500, n: 1 }) });
    await until(async () => /baton_executions_running 1\b/.test((await one.call("GET", "/metrics")).text));
    const ended = one.kill("SIGTERM");
    const ready = await until(async () => {
      const reply = await one.call("GET", "/readyz", { key: null });
      return reply.status === 503 && reply;
    });
    expect(ready.body.checks.draining).not.toBe("ok");
    expect(ready.headers.get("connection")).toBe("close");
    const refused = await one.call("POST", path, { body: chat("c", { ms: 1, n: 2 }) });
    expect([refused.status, refused.body.code, refused.headers.get("retry-after")]).toEqual([503, "DRAINING", "1"]);
    expect((await running).body.outcome.returnValue).toBe(1);
    expect(await ended).toBe(0);
  });
});

describe("its configuration", () => {
  test("is read from a file, the environment and flags, the later over the earlier, and printed without secrets", () => {
    writeFileSync(join(folder, "baton.service.json"), JSON.stringify({ port: 1, concurrency: 7, queueMs: 500 }));
    const { stdout, status } = run(["--print-config", "--json", "--port", "3"], {
      BATON_PORT: "2",
      BATON_CONCURRENCY: "8",
      BATON_ADMIN_KEY: ADMIN,
    });
    rmSync(join(folder, "baton.service.json"));
    expect(status).toBe(0);
    const shown = JSON.parse(stdout) as Record<string, { value: unknown; from: string }>;
    expect(shown["port"]).toEqual({ value: 3, from: "--port" });
    expect(shown["concurrency"]).toEqual({ value: 8, from: "BATON_CONCURRENCY" });
    expect(shown["queueMs"]).toEqual({ value: 500, from: "baton.service.json" });
    expect(shown["adminKey"]).toEqual({ value: { set: true }, from: "BATON_ADMIN_KEY" });
    expect(stdout).not.toContain(ADMIN);
  });

  test("is printed whole, without the password of the store, and a variable that is none is named", () => {
    const { stdout, stderr } = run(["--print-config", "--json"], {
      BATON_STORE: "postgres://baton:hunter2@db/baton",
      BATON_PROT: "1",
    });
    const shown = JSON.parse(stdout) as Record<string, { value: unknown; from: string }>;
    expect(Object.keys(shown).sort()).toEqual(Object.keys(settingsSchema.shape).sort());
    expect(shown["publicUrl"]).toEqual({ value: null, from: "default" });
    expect(shown["store"]?.value).toMatch(/^postgres:\/\/baton:.*@db\/baton$/);
    expect(stdout).not.toContain("hunter2");
    expect(stderr).toContain("BATON_PROT is no setting. Is BATON_PORT meant?");
  });

  test.each([
    [["--port", "99999"], {}, "port (--port)"],
    [[], { BATON_STORE: "mysql://x" }, "store (BATON_STORE)"],
    [[], { BATON_PRIVATE: "no-port" }, "private"],
    [["--config", "missing.json"], {}, "missing.json"],
    [["--nonsense"], {}, "--nonsense"],
  ])("%j with %j is refused with status 2, and named", (args, env, named) => {
    const { stderr, status } = run([...args, "--check"], env);
    expect([status, stderr]).toEqual([2, expect.stringContaining(named)]);
  });

  test("is tried by --check, walls that are required included, and nothing is made by that", () => {
    const data = join(folder, "checked");
    const checked = run(["--check", "--json", "--data", data]);
    expect([checked.status, JSON.parse(checked.stdout)]).toMatchObject([
      0,
      { ok: true, store: { kind: "sqlite", state: "empty" }, secretsKey: "made at the start", problems: [] },
    ]);
    expect(existsSync(data)).toBe(false);
    expect(run(["--check", "--data", data, "--migrate", "never"]).status).toBe(1);
    expect(run(["--check", "--data", data, "--packages", join(folder, "none")]).status).toBe(2);
    const { status, stderr } = run(["--check", "--data", data, "--require-walls", "moat"]);
    expect([status, stderr]).toEqual([1, expect.stringContaining("moat")]);
  });

  test("a store whose secrets cannot be opened refuses to start", async () => {
    const data = join(folder, "sealed");
    const key = (fill: number): string => `k1:${Buffer.alloc(32, fill).toString("base64")}`;
    const once = async (secretsKey: string): Promise<void> => {
      const one = await start(folder, ["--data", data], { BATON_SECRETS_KEY: secretsKey });
      await one.kill();
    };
    await once(key(1));
    await expect(once(key(2))).rejects.toThrow("secrets that cannot be opened");
    const { status, stderr } = run(["--check", "--data", data], { BATON_SECRETS_KEY: key(2) });
    expect([status, stderr]).toEqual([1, expect.stringContaining("secrets that cannot be opened")]);
    expect(run(["--check", "--data", data]).status).toBe(1);
    const rotated = `k2:${Buffer.alloc(32, 2).toString("base64")},${key(1)}`;
    await once(rotated);
    // All of it is sealed anew: the old key may go.
    expect(run(["--check", "--data", data], { BATON_SECRETS_KEY: rotated.split(",")[0]! }).status).toBe(0);
  });
});
