// The release before this one and today's as nodes of one PostgreSQL: what one made the other serves, in both directions, and going back is
// possible. The release before is the newest commit whose tables were others; it runs from its own sources.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startPostgres, type PostgresServer } from "../delivery/postgres-server.ts";
import { ADMIN, chat, SECRETS_KEY, startService, until, type Call, type Running } from "./harness.ts";
import { serveProcess, type ServeProcess } from "./process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCHEMA = "service/store/statements/schema.ts";

function git(...args: readonly string[]): string {
  const { stdout, status } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? stdout.trim() : "";
}
const changed = git("log", "-1", "--format=%H", "--", SCHEMA);
/** Not there in a copy without history. */
const REFERENCE = changed === "" ? "" : git("rev-parse", "--verify", "--quiet", `${changed}~1`);
const withHistory = REFERENCE === "" ? test.skip : test;
if (REFERENCE === "")
  process.stderr.write("skipped: the release before is built from git's history, which is not here\n");

let folder: string;
let database: PostgresServer;
let before: ServeProcess;
let today: Running;

/** The sources of the release before, with its own assets, and today's packages. */
function unpack(): string {
  const home = join(folder, "before");
  mkdirSync(home);
  const run = (command: string, args: readonly string[], cwd: string): void => {
    const { status, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
  };
  run("git", ["archive", "--output", join(folder, "before.tar"), REFERENCE], ROOT);
  run("tar", ["xf", join(folder, "before.tar"), "-C", home], folder);
  symlinkSync(join(ROOT, "node_modules"), join(home, "node_modules"));
  run(process.execPath, ["--no-warnings", "scripts/build.ts", "--assets"], home);
  return home;
}

const serveBefore = (home: string): Promise<ServeProcess> =>
  serveProcess(
    folder,
    ["--data", join(folder, "data"), "--log-level", "silent"],
    { BATON_STORE: database.url(), BATON_ADMIN_KEY: ADMIN, BATON_SECRETS_KEY: SECRETS_KEY },
    join(home, "cli/main.ts"),
  );

beforeAll(async () => {
  if (REFERENCE === "") return;
  folder = mkdtempSync(join(tmpdir(), "baton-releases-"));
  database = await startPostgres();
});
afterAll(async () => {
  await before?.kill("SIGKILL");
  await today?.[Symbol.asyncDispose]();
  await database?.stop();
  if (folder !== undefined && existsSync(folder)) rmSync(folder, { recursive: true, force: true });
});

const ACTION = (version: number): string =>
  `export function execute_action(c: any) { if (c.args.human) hand_off_conversation(c, "why"); return { version: ${version}, n: c.args.n }; }`;
const path = "/v1/tenants/acme/actions/a";
const ask = (call: Call, key: string, n: number, more: object = {}) =>
  call("POST", `${path}/executions`, {
    body: chat(`c${n}`, { n, ...more }),
    headers: { "idempotency-key": key },
  });

withHistory(
  "serve one another's tenants, versions, keys and outcomes, and the one before comes back",
  async () => {
    const home = unpack();
    before = await serveBefore(home);
    const old: Call = (...of) => before.call(...of);
    expect((await old("PUT", "/v1/tenants/acme", { body: { rate: { concurrent: 4 } } })).status).toBe(201);
    expect((await old("POST", `${path}/versions`, { body: { source: ACTION(1) } })).status).toBe(201);
    expect((await old("PUT", `${path}/live`, { body: { version: 1 } })).status).toBe(200);
    const first = await ask(old, "first", 1);
    expect(first.body).toMatchObject({ version: 1, outcome: { returnValue: { version: 1 } } });

    // Today's comes beside it, and migrates.
    today = await startService({ store: database.url(), data: join(folder, "today") });
    const { call } = today;
    expect((await ask(call, "first", 1)).body).toEqual(first.body);
    const key = await today.key(["execute", "read"], "acme");
    await until(async () => (await old("GET", "/v1/tenants/acme/actions", { key })).status === 200);
    expect((await call("POST", `${path}/versions`, { body: { source: ACTION(2) } })).body).toMatchObject({
      version: 2,
    });
    expect((await call("PUT", `${path}/live`, { body: { version: 2 } })).status).toBe(200);
    await until(async () => (await ask(old, `seen-${Math.random()}`, 2)).body.version === 2);
    const second = await ask(old, "second", 2);
    expect((await ask(call, "second", 2)).body).toEqual(second.body);
    await ask(call, "handed-off", 3, { human: true });
    expect((await old("GET", "/v1/tenants/acme/conversations/c3")).body).toMatchObject({ canReply: false });
    expect((await ask(old, "late", 3)).body.outcome.bot).toMatchObject({ mayReplyLater: false });
    expect((await old("PUT", `${path}/live`, { body: { version: 1 } })).status).toBe(200);
    await until(async () => (await ask(call, `seen-${Math.random()}`, 4)).body.version === 1);
    const accepted = await call("POST", `${path}/executions`, {
      body: chat("c5", { n: 5 }),
      headers: { prefer: "respond-async", "idempotency-key": "accepted" },
    });
    expect(accepted.status).toBe(202);
    await until(async () => (await old("GET", "/v1/tenants/acme/executions/accepted")).body.outcome);

    // And back: today's leaves, and the release before starts anew on the tables as they are now.
    await today[Symbol.asyncDispose]();
    await before.kill();
    before = await serveBefore(home);
    expect((await ask(old, "second", 2)).body).toEqual(second.body);
    expect((await ask(old, "after", 6)).body).toMatchObject({ version: 1, outcome: { status: "returned" } });
    expect((await old("GET", "/v1/audit?limit=1000")).body.intact).toBe(true);
  },
  240_000,
);
