// The operator's console in a real browser: signed in with a key, over a service with what an operator has to see and to mend.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import type { Browser, Page as Tab } from "playwright-core";
import { CHROMIUM, openBrowser, openTab, seriousFindings, SHOTS } from "../playground/browser.ts";
import { ADMIN, chat, startService, until, type Running } from "./harness.ts";
import { startReceiver, type ReceiverServer } from "./webhook-server.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const versioned = (version: number): string =>
  `export function execute_action(c: any) { console.log("version ${version}"); return { version: ${version}, to: c.args.to }; }`;

let baton: Running;
let receiver: ReceiverServer;

beforeAll(async () => {
  receiver = await startReceiver();
  receiver.status = 410;
  baton = await startService({ private: [`127.0.0.1:${receiver.port}`] });
  const providers = { handoffs: { type: "webhook", url: receiver.url, secrets: [SECRET] } };
  await baton.call("PUT", "/v1/tenants/acme", { body: { displayName: "Acme", providers } });
  await baton.call("PUT", "/v1/tenants/globex", { body: { displayName: "Globex" } });
  await baton.live("acme", "greet", versioned(1));
  await baton.call("POST", "/v1/tenants/acme/actions/greet/versions", { body: { source: versioned(2) } });
  await baton.live("acme", "breaks", `export function execute_action() { throw new Error("the order is not there"); }`);
  await baton.live(
    "acme",
    "help",
    `export function execute_action(c: any) { return hand_off_conversation(c, "why").success; }`,
  );
  await baton.live("globex", "greet", versioned(1));
  for (let each = 0; each < 6; each += 1) await baton.execute("acme", "greet", chat(`c${each}`, { to: "Ada" }));
  await baton.execute("acme", "breaks", chat("c1"), { "idempotency-key": "broken-1" });
  await baton.execute("acme", "help", chat("owed"));
  await baton.execute("globex", "greet", chat("g1"));
  await until(async () => (await baton.call("GET", "/v1/tenants/acme/outbox")).body.counts.dead === 1);
});
afterAll(async () => {
  await baton?.[Symbol.asyncDispose]();
  await receiver?.close();
});

describe("a session", () => {
  const cookieOf = (reply: { headers: Headers }): string => reply.headers.get("set-cookie") ?? "";
  const signIn = (key: string) => baton.call("POST", "/console/session", { key: null, body: { key } });
  const asked = (cookie: string, method: string, headers: Record<string, string>, body?: object) =>
    baton.call(method, method === "GET" ? "/v1/tenants" : "/v1/tenants/forged", {
      key: null,
      headers: { cookie: cookie.split(";")[0]!, ...headers },
      ...(body === undefined ? {} : { body }),
    });

  test("is a cookie that no script reads and no other site sends, and holds no key", async () => {
    const reply = await signIn(ADMIN);
    expect([reply.status, reply.body]).toMatchObject([200, { tenant: null, scopes: ["admin"] }]);
    expect(cookieOf(reply)).toMatch(/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    expect(cookieOf(reply)).not.toContain(ADMIN);
    expect((await asked(cookieOf(reply), "GET", {})).status).toBe(200);
  });

  test("changes nothing for a page of another origin", async () => {
    const cookie = cookieOf(await signIn(ADMIN));
    const mark = { "x-baton-console": "1" };
    expect((await asked(cookie, "PUT", {}, {})).status).toBe(401);
    for (const site of ["cross-site", "same-site", "none"])
      expect((await asked(cookie, "PUT", { ...mark, "sec-fetch-site": site }, {})).status).toBe(401);
    expect((await asked(cookie, "GET", { "sec-fetch-site": "cross-site" })).status).toBe(401);
    expect((await baton.call("GET", "/v1/tenants/forged")).status).toBe(404);
    expect((await asked(cookie, "PUT", { ...mark, "sec-fetch-site": "same-origin" }, {})).status).toBe(201);
    await baton.call("DELETE", "/v1/tenants/forged");
  });

  test("ends with its key, and a made-up one is none", async () => {
    const made = await baton.call("POST", "/v1/keys", { body: { scopes: ["admin"] } });
    const cookie = cookieOf(await signIn(made.body.key as string));
    expect((await asked(cookie, "GET", {})).status).toBe(200);
    await baton.call("DELETE", `/v1/keys/${made.body.id as string}`);
    const over = await asked(cookie, "GET", {});
    expect([over.status, over.body.code]).toEqual([401, "KEY_REVOKED"]);
    const [name = "", sealed = ""] = cookie.split(";")[0]!.split("=");
    for (const forged of ["x", sealed.slice(0, -4), `${sealed}AAAA`, Buffer.from('["k1",7]').toString("base64url")])
      expect((await asked(`${name}=${forged}`, "GET", {})).status).toBe(401);
    const wrong = await signIn("wrong");
    expect([wrong.status, wrong.body.code, cookieOf(wrong)]).toEqual([401, "KEY_INVALID", ""]);
  });

  test("of a tenant's key sees no other tenant", async () => {
    const cookie = cookieOf(await signIn(await baton.key(["admin"], "globex")));
    const of = (path: string) => baton.call("GET", path, { key: null, headers: { cookie: cookie.split(";")[0]! } });
    expect((await of("/v1/tenants/globex/actions")).status).toBe(200);
    expect((await of("/v1/tenants/acme/actions")).status).toBe(404);
    expect((await of("/v1/tenants")).status).toBe(403);
  });
});

test("the document allows nothing from elsewhere, and its files are served compressed", async () => {
  const page = await baton.call("GET", "/console", { key: null });
  expect([page.status, page.headers.get("content-security-policy")]).toEqual([
    200,
    expect.stringMatching(/default-src 'none'; script-src 'self';.*frame-ancestors 'none'/),
  ]);
  const script = await baton.call("GET", "/console/assets/main.js", { key: null });
  expect([script.status, script.headers.get("content-encoding")]).toEqual([200, "gzip"]);
  for (const path of ["/console/assets/..%2fmain.js", "/console/assets/other.js"])
    expect((await baton.call("GET", path, { key: null })).status).toBe(404);
});

const inBrowser = CHROMIUM === null ? describe.skip : describe;

inBrowser("in a browser", () => {
  let browser: Browser;
  let tab: Tab;
  /** What the administrator's tab complains of, and what it asks of elsewhere. */
  let complaints: string[];
  let foreign: string[];
  beforeAll(async () => {
    browser = await openBrowser();
    ({ tab, complaints, foreign } = await signedIn(ADMIN));
  });
  afterAll(async () => {
    await browser?.close();
  });

  async function signedIn(key: string, options = {}) {
    const opened = await openTab(browser, `${baton.url}/console`, options);
    await opened.tab.getByLabel("Key").fill(key);
    await opened.tab.getByRole("button", { name: "Sign in" }).click();
    await opened.tab.getByRole("button", { name: "Sign out" }).waitFor();
    // The answer to "who am I" before that is a 401 that the browser writes down.
    opened.complaints.length = 0;
    return opened;
  }
  const go = async (tab: Tab, hash: string, heading: string): Promise<void> => {
    await tab.goto(`${baton.url}/console#/${hash}`);
    await tab.getByRole("heading", { level: 1, name: heading }).waitFor();
  };

  test("a wrong key is told, and a right one shows what is wrong at a glance", async () => {
    const stranger = await openTab(browser, `${baton.url}/console`);
    await stranger.tab.getByLabel("Key").fill("wrong");
    await stranger.tab.getByRole("button", { name: "Sign in" }).click();
    await stranger.tab.getByRole("alert").getByText("There is no such key").waitFor();
    await stranger.tab.getByLabel("Key").fill(ADMIN);
    await stranger.tab.keyboard.press("Enter");
    await stranger.tab.getByText("Dead letters: 1.").waitFor();
    await stranger.tab.getByRole("img", { name: /^Runs a minute: 30 values, at most [1-9]/ }).waitFor();
    await stranger.tab.getByRole("link", { name: "acme" }).waitFor();
    // A reload keeps the session; signing out ends it.
    await stranger.tab.reload();
    await stranger.tab.getByRole("button", { name: "Sign out" }).click();
    await stranger.tab.getByRole("button", { name: "Sign in" }).waitFor();
    await stranger.tab.reload();
    await stranger.tab.getByRole("button", { name: "Sign in" }).waitFor();
    await stranger.close();
  });

  test("a canary is split off, and rolled back", async () => {
    await go(tab, "tenants/acme/actions/greet", "Actions of acme");
    await tab.getByLabel("Percent of conversations").fill("25");
    await tab.getByRole("button", { name: "Split" }).click();
    await tab.getByText("version 2, 25 %").waitFor();
    const live = () => baton.call("GET", "/v1/tenants/acme/actions/greet/live");
    expect((await live()).body.split).toEqual([
      { version: 1, percent: 75 },
      { version: 2, percent: 25 },
    ]);
    await tab.screenshot({ path: join(SHOTS, "console-canary.png") });
    await tab.getByRole("button", { name: "Make live for all: version 1" }).click();
    await tab.getByText("for all", { exact: true }).waitFor();
    expect((await live()).body.split).toEqual([{ version: 1, percent: 100 }]);
    expect([complaints, foreign]).toEqual([[], []]);
  });

  test("a failed execution shows where, and its conversation who has it", async () => {
    await go(tab, "tenants/acme/executions", "Executions of acme");
    await tab.getByText("Failed", { exact: true }).click();
    await tab.getByRole("link", { name: "broken-1" }).click();
    await tab.getByRole("heading", { name: "ACTION_THREW" }).waitFor();
    await tab.getByText("the order is not there").first().waitFor();
    await tab.getByRole("region", { name: "Where" }).getByText("throw new Error").waitFor();
    await tab.screenshot({ path: join(SHOTS, "console-execution.png"), fullPage: true });
    await go(tab, "tenants/acme/conversations/owed", "Conversations of acme");
    await tab.getByText("a human", { exact: true }).waitFor();
    await tab.getByRole("button", { name: "Hand back to the bot …" }).click();
    await tab.getByRole("button", { name: "Hand back", exact: true }).click();
    await tab.getByText("the bot", { exact: true }).waitFor();
    expect((await baton.call("GET", "/v1/tenants/acme/conversations/owed")).body).toMatchObject({
      canReply: true,
      epoch: 1,
    });
    expect(complaints).toEqual([]);
  });

  test("a dead letter is retried once the desk takes it, and another dropped", async () => {
    receiver.status = 410;
    for (const id of ["retried", "dropped"]) await baton.execute("acme", "help", chat(id));
    const counts = async () => (await baton.call("GET", "/v1/tenants/acme/outbox")).body.counts;
    await until(async () => (await counts()).dead >= 2);
    await go(tab, "outbox", "Outbox");
    await tab.getByRole("button", { name: "Drop the hand-off of dropped" }).click();
    await tab.getByRole("button", { name: "Drop it" }).click();
    await tab.getByRole("button", { name: "Drop the hand-off of dropped" }).waitFor({ state: "detached" });
    receiver.status = 200;
    await tab.getByRole("button", { name: "Retry the hand-off of retried" }).click();
    await until(async () => (await counts()).delivered >= 1);
    await tab.getByRole("img", { name: /^Waiting hand-offs by age/ }).waitFor();
    await tab.screenshot({ path: join(SHOTS, "console-outbox.png") });
    expect(complaints).toEqual([]);
  });

  test("nodes show their walls, changes who made them", async () => {
    await go(tab, "nodes", "Nodes");
    await tab.getByText("serving").waitFor();
    for (const { name } of baton.service.runtime.walls.filter(({ stands }) => stands))
      await tab.getByText(name, { exact: true }).first().waitFor();
    await go(tab, "changes", "Changes");
    await tab.getByText("tenant.put").first().waitFor();
    expect(complaints).toEqual([]);
  });

  test("a tenant's key sees its own tenant alone", async () => {
    const own = await signedIn(await baton.key(["admin"], "globex"));
    await own.tab.getByRole("heading", { level: 1, name: "globex" }).waitFor();
    expect(await own.tab.getByRole("link", { name: "Tenants" }).count()).toBe(0);
    await go(own.tab, "actions", "Actions of globex");
    await own.tab.getByRole("link", { name: "greet" }).waitFor();
    expect(await own.tab.content()).not.toContain("acme");
    expect(own.complaints).toEqual([]);
    await own.close();
  });

  test.each([
    ["light", 1280, ["overview", "tenants/acme/actions/greet", "tenants/acme/executions/broken-1", "outbox"]],
    ["dark", 360, ["overview", "outbox", "nodes"]],
  ] as const)(
    "nothing serious is found in %s at a width of %i, and nothing scrolls sideways",
    async (scheme, width, views) => {
      await tab.emulateMedia({ colorScheme: scheme });
      await tab.setViewportSize({ width, height: 860 });
      for (const hash of views) {
        await tab.goto(`${baton.url}/console#/${hash}`);
        // Each shows what it asked for, in a table or a chart.
        await tab.locator("table, svg.chart, dl.facts").first().waitFor();
        expect([hash, await seriousFindings(tab)]).toEqual([hash, []]);
        const wide = (await tab.evaluate("document.documentElement.scrollWidth - innerWidth")) as number;
        expect([hash, wide <= 0]).toEqual([hash, true]);
        await tab.screenshot({
          path: join(SHOTS, `console-${hash.replaceAll("/", "-")}-${scheme}.png`),
          fullPage: true,
        });
      }
    },
  );
});
