// The service of docs/embed.md, as it stands on the page: started against a real PostgreSQL and a desk that takes webhooks, used, and closed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createReceiver, type HandoffEvent } from "../../delivery/index.ts";
import { ROOT, tempFolder } from "../cli/baton.ts";
import { eventually } from "../delivery/fixtures.ts";
import { startPostgres, type PostgresServer } from "../delivery/postgres-server.ts";
import { blocks } from "./pages.ts";

const SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
const [service] = blocks("js", ["docs/embed.md"]);
const told: HandoffEvent[] = [];
let postgres: PostgresServer;
let desk: Server;
let host: string;

beforeAll(async () => {
  postgres = await startPostgres();
  const receiver = createReceiver({ secrets: [SECRET] });
  desk = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { status, headers } = await receiver.handle(request.headers, body, (event) => void told.push(event));
    response.writeHead(status, { ...headers }).end();
  });
  await new Promise<void>((resolve) => desk.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(desk.address() as AddressInfo).port}`;
});
afterAll(async () => {
  desk.closeAllConnections();
  desk.close();
  await postgres.stop();
});

function start(folder: string) {
  const given = {
    DATABASE_URL: postgres.url(),
    DESK_URL: `http://${host}/hook`,
    DESK_PRIVATE: host,
    DESK_SECRET: SECRET,
  };
  const child = spawn(process.execPath, ["service.mjs"], { cwd: folder, env: { ...process.env, ...given, PORT: "0" } });
  let log = "";
  child.stderr.on("data", (chunk) => (log += String(chunk)));
  return {
    child,
    lines: () =>
      log
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    log: () => log,
  };
}

test("it answers turns, has the desk told of a hand-off, keeps the bot silent after it, and closes in order", async () => {
  using folder = tempFolder({ "service.mjs": service?.text ?? "" });
  mkdirSync(join(folder.path, "node_modules"));
  symlinkSync(ROOT, join(folder.path, "node_modules/baton-runtime"), "dir");
  const { child, lines, log } = start(folder.path);
  const exited = once(child, "exit");
  try {
    const listening = await eventually(
      async () => lines().find(({ message }) => message === "listening") ?? (child.exitCode === null ? null : log()),
      (line) => line !== null,
      60_000,
    );
    expect(listening).toMatchObject({ port: expect.any(Number) });
    const url = `http://127.0.0.1:${(listening as { port: number }).port}/turns`;
    const turn = async (body: object | string) => {
      const response = await fetch(url, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const context = { conversation: { id: "c-1", latestChannel: "chat", messages: [] }, args: { order: 7 } };
    const plain = "export const execute_action = (context) => ({ order: context.args.order });";
    const hands =
      'export const execute_action = (context) => { hand_off_conversation(context, "fraud"); return { ok: true }; };';
    expect(await turn({ tenant: "acme", turn: "t-1", source: plain, context })).toEqual({
      status: 200,
      body: { reply: { order: 7 }, status: "returned", handoff: null },
    });
    expect((await turn({ tenant: "acme", turn: "t-2", source: hands, context })).body).toEqual({
      reply: { ok: true },
      status: "returned",
      handoff: "recorded",
    });
    await eventually(
      async () => told.length,
      (count) => count === 1,
    );
    expect(told[0]).toMatchObject({
      type: "baton.handoff.recorded",
      data: { tenant: "acme", conversationId: "c-1", reason: "fraud" },
    });
    // A repeated turn gets its own answer, which may have been lost, where a new one is silent.
    expect((await turn({ tenant: "acme", turn: "t-2", source: hands, context })).body).toMatchObject({
      reply: { ok: true },
    });
    expect((await turn({ turn: "t-4", source: plain, context })).status).toBe(400);
    expect((await turn({ tenant: "acme", turn: "t-3", source: plain, context })).body).toEqual({ reply: null });
    const other = { ...context, conversation: { ...context.conversation, id: "c-2" } };
    expect(await turn({ tenant: "acme", turn: "t-1", source: plain, context: other })).toMatchObject({
      status: 409,
      body: { error: "EXECUTION_MISMATCH" },
    });
    expect((await turn("no json")).status).toBe(400);
  } finally {
    child.kill("SIGTERM");
  }
  expect(await exited).toEqual([0, null]);
});
