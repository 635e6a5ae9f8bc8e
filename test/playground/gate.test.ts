// Who may ask the page's server: every request that another site, another name or another program could make is refused.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { request } from "node:http";
import { networkInterfaces, tmpdir } from "node:os";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openBundle } from "../../playground/assets.ts";
import { ROOT } from "../cli/baton.ts";
import { type Served, servePage } from "./browser.ts";

let served: Served;
let port: number;
let cookie: string;

beforeAll(async () => {
  served = await servePage();
  port = Number(new URL(served.page.url).port);
  const first = await ask({ path: `/${new URL(served.page.url).search}` });
  cookie = String(first.headers["set-cookie"]).split(";")[0]!;
});

afterAll(() => served.close());

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly host?: string;
}

function ask({ path = "/", method = "GET", headers = {}, body = "", host = "127.0.0.1" }: Asked) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    readonly status: number;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly text: string;
  }>();
  const sent = request({ host, port, path, method, headers, timeout: 5_000 }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("end", () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
    );
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

const own = (): string => `http://127.0.0.1:${port}`;
const posting = (more: Readonly<Record<string, string>> = {}): Asked => ({
  path: "/api/conversations",
  method: "POST",
  headers: { cookie, origin: own(), "content-type": "application/json", ...more },
  body: JSON.stringify({ context: { args: {} }, channel: "chat" }),
});

describe("the first visit", () => {
  test("paints its frame by the document alone, whose styles the policy lets in", async () => {
    const { headers, text } = await ask({ headers: { cookie } });
    const [, nonce, styles] = /<style nonce="([^"]+)">([^]*)<\/style>/.exec(text) ?? [];
    expect(String(headers["content-security-policy"])).toContain(`'nonce-${nonce}'`);
    expect(styles).toBe(openBundle("page")("main.css")!.body.toString());
    expect(text).not.toMatch(/<link[^>]+stylesheet|<script(?![^>]+type="module")/);
    expect(text).toMatch(/<div id="app">.*Baton.*<\/div>/);
  });

  test("with the token brings a cookie that scripts and other sites do not get, and a strict policy", async () => {
    const { status, headers, text } = await ask({ path: `/${new URL(served.page.url).search}` });
    expect(status).toBe(200);
    expect(String(headers["set-cookie"])).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(String(headers["set-cookie"])).not.toContain(new URL(served.page.url).searchParams.get("token"));
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe|https?:/);
    expect(text).not.toMatch(/<script>|https?:\/\//);
  });

  test.each([
    ["without a token", "/"],
    ["with a wrong one", "/?token=0000"],
    ["with an empty one", "/?token="],
    ["at another path", "/api/project?token=TOKEN"],
    ["at the events", "/events?token=TOKEN"],
    ["at the files", "/assets/main.js?token=TOKEN"],
  ])("%s is refused", async (_, path) => {
    const token = new URL(served.page.url).searchParams.get("token")!;
    expect((await ask({ path: path.replace("TOKEN", token) })).status).toBe(403);
  });
});

describe("with the cookie", () => {
  test("the page, its files and its calls are served", async () => {
    expect((await ask({ headers: { cookie } })).status).toBe(200);
    expect((await ask({ path: "/assets/main.js", headers: { cookie } })).headers["content-type"]).toMatch(/javascript/);
    expect(JSON.parse((await ask({ path: "/api/project", headers: { cookie } })).text)).toHaveProperty("actions");
    expect((await ask(posting())).status).toBe(200);
  });

  test.each<[string, () => Asked, number]>([
    ["a name that leads here (DNS rebinding)", () => ({ headers: { cookie, host: `evil.example:${port}` } }), 421],
    ["a name with our address in it", () => ({ headers: { cookie, host: `127.0.0.1.nip.io:${port}` } }), 421],
    ["another port in the name", () => ({ headers: { cookie, host: "127.0.0.1:1" } }), 421],
    ["a foreign origin", () => posting({ origin: "https://evil.example" }), 403],
    ["an origin of another port", () => posting({ origin: "http://127.0.0.1:1" }), 403],
    ["an opaque origin", () => posting({ origin: "null" }), 403],
    ["no origin at a POST", () => ({ ...posting(), headers: { cookie, "content-type": "application/json" } }), 403],
    ["a form's type", () => posting({ "content-type": "text/plain" }), 415],
    ["a script of another site", () => ({ path: "/assets/main.js", headers: { cookie, "sec-fetch-site": "cross-site" } }), 403],
    ["a page of the same site on another port", () => ({ path: "/api/runs", headers: { cookie, "sec-fetch-site": "same-site" } }), 403],
    ["another method", () => ({ method: "DELETE", headers: { cookie } }), 405],
    ["a cookie of the same length", () => ({ headers: { cookie: `${cookie.slice(0, -1)}${cookie.endsWith("A") ? "B" : "A"}` } }), 403],
  ])("%s is refused", async (_, asked, status) => {
    const answer = await ask(asked());
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain("actions");
  }); // prettier-ignore

  test.each(["/assets/../../../package.json", "/assets/..%2f..%2fpackage.json", "/assets/main.js%00", "/assets/"])(
    "no file beside the bundle's is served: %s",
    async (path) => {
      expect((await ask({ path, headers: { cookie } })).status).toBe(404);
    },
  );

  test.each([
    ["../outside.json", "does not lie in the project"],
    ["contexts/../../outside/context.json", "does not lie in the project"],
    ["actions/fraud-review.ts", "A context is called"],
    ["baton.config.json", "A context is called"],
  ])("no file but a context is written: %s", async (path, why) => {
    const body = JSON.stringify({ path, text: '{"args":{}}', create: true });
    const answer = await ask({ ...posting(), path: "/api/context", body });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(why);
    expect(existsSync(join(served.folder, "..", "outside.json"))).toBe(false);
  });

  test("a link in the project that leads out of it is followed by no call", async () => {
    const outside = mkdtempSync(join(tmpdir(), "baton-outside-"));
    writeFileSync(join(outside, "secret.json"), '{"args":{"secret":true}}');
    symlinkSync(outside, join(served.folder, "linked"));
    mkdirSync(join(served.folder, "contexts"), { recursive: true });
    symlinkSync(join(outside, "secret.json"), join(served.folder, "contexts/linked.json"));
    for (const path of ["contexts/linked.json", "linked/contexts/new.json", "linked/context.json"]) {
      const read = await ask({ path: `/api/context?path=${encodeURIComponent(path)}`, headers: { cookie } });
      const body = JSON.stringify({ path, text: '{"args":{}}', create: !path.includes("linked.json") });
      const written = await ask({ ...posting(), path: "/api/context", body });
      for (const { status, text } of [read, written]) {
        expect(status).toBe(400);
        expect(text).toContain("does not lie in the project");
      }
    }
    expect(readdirSync(outside)).toEqual(["secret.json"]);
    rmSync(outside, { recursive: true });
  });

  test.each([
    "/api/run/replay",
    "/api/run/save",
    "/api/run/edit",
    "/api/coverage",
    "/api/scenarios/run",
    "/api/matrix",
  ])("nothing is done at %s for a form of another site", async (path) => {
    const before = readdirSync(served.folder, { recursive: true }).length;
    const given = { body: JSON.stringify({ id: 1 }) };
    for (const headers of [{ origin: "https://evil.example" }, { origin: "null" }, { "content-type": "text/plain" }])
      expect((await ask({ ...posting(headers), path, ...given })).status).toBeGreaterThanOrEqual(403);
    expect(readdirSync(served.folder, { recursive: true }).length).toBe(before);
  });

  test("a body that never ends holds nothing up, and neither does one that is nested without end", async () => {
    const { path, method, headers } = posting();
    const endless = request({ host: "127.0.0.1", port, path, method, headers: { ...headers, "content-length": "1000" } });
    endless.on("error", () => undefined);
    endless.write("{");
    const nested = await ask({ ...posting(), body: "[".repeat(2_000_000) + "]".repeat(2_000_000) });
    expect(nested.status).toBeGreaterThanOrEqual(400);
    expect((await ask({ path: "/api/project", headers: { cookie } })).status).toBe(200);
    endless.destroy();
  }); // prettier-ignore

  test("a body that is too large, no JSON, or not what is asked for is one sentence", async () => {
    expect((await ask({ ...posting(), body: "{" })).text).toContain("not JSON");
    expect((await ask({ ...posting(), body: JSON.stringify({ channel: "fax" }) })).status).toBe(400);
    const large = await ask({ ...posting(), body: `"${"x".repeat(5 * 1024 * 1024)}"` });
    expect([large.status, large.text]).toEqual([400, expect.stringContaining("more than")]);
  });
});

test("all that a browser loads is under 300 KB compressed, and the licences of what is in it are named", () => {
  const read = openBundle("page");
  const folder = join(ROOT, "dist/assets/browser");
  const names = readdirSync(join(folder, "page"));
  expect(names).toContain("main.js");
  expect(names.reduce((sum, name) => sum + read(name)!.gzip.length, 0)).toBeLessThan(300_000);
  const licences = readFileSync(join(folder, "LICENSES.txt"), "utf8");
  for (const name of ["preact", "@preact/signals", "@codemirror/view", "@codemirror/lang-json", "@lezer/common"])
    expect(licences).toMatch(new RegExp(`^${name} [\\d.]+ \\(MIT\\)$`, "m"));
});

test("it listens on the loopback address alone", async () => {
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === "IPv4" && !each.internal);
  if (outside === undefined) return;
  await expect(ask({ host: outside.address })).rejects.toThrow(/ECONNREFUSED/);
});
