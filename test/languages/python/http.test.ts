// requests and urllib.request over the egress door: its policy, its budgets and its secrets, as fetch has them.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Outcome, type Runtime, createRuntime } from "../../../runtime/index.ts";
import { SILENT_LOGGER, contextOf } from "../../runtime/executing.ts";

let server: Server;
let runtime: Runtime;
let base: string;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, "http://x");
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (url.pathname === "/slow") return;
    if (url.pathname === "/redirect") return void response.writeHead(302, { location: "/echo?from=redirect" }).end();
    if (url.pathname === "/cookie")
      return void response.writeHead(200, { "set-cookie": "session=abc; Path=/" }).end("ok");
    if (url.pathname === "/latin")
      return void response.writeHead(200, { "content-type": "text/plain; charset=latin-1" }).end(Buffer.from([0xe9]));
    if (url.pathname === "/lines")
      return void response.writeHead(200, { "content-type": "text/plain" }).end("a\nb\nc".repeat(20_000));
    const status = Number(url.searchParams.get("status") ?? 200);
    response.writeHead(status, { "content-type": "application/json", "x-many": ["1", "2"] });
    response.end(
      JSON.stringify({
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      }),
    );
  });
}

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  base = `http://127.0.0.1:${port}`;
  runtime = await createRuntime({
    logger: SILENT_LOGGER,
    workers: 1,
    egress: { hosts: ["127.0.0.1"], http: true, ports: [port], private: [`127.0.0.1:${port}`] },
  });
});
afterAll(async () => {
  await runtime.close();
  server.closeAllConnections();
  server.close();
});

function run(body: string, over: object = {}): Promise<Outcome> {
  const lines = body
    .trim()
    .split("\n")
    .map((line) => `    ${line}`);
  const source = `import json, os, requests, urllib.request, urllib.error\nBASE = "${base}"\ndef execute_action(context):\n${lines.join("\n")}\n`;
  return runtime.execute({ action: { source, filename: "x.py" }, context: contextOf("chat"), ...over });
}

async function valueOf(body: string, over: object = {}): Promise<unknown> {
  const { status, error, returnValue } = await run(body, over);
  expect([status, error?.message]).toEqual(["returned", undefined]);
  return returnValue;
}

test("get, with params and headers", async () => {
  const value = await valueOf(
    `r = requests.get(BASE + "/echo?a=1", params={"b": ["2", "3"], "c": None, "d": "é x"}, headers={"X-Own": "y"})\nreturn [r.status_code, r.ok, r.reason, r.headers["CONTENT-TYPE"], r.headers["x-many"], r.json(), r.encoding]`,
  );
  expect(value).toEqual([
    200,
    true,
    "OK",
    "application/json",
    "1, 2",
    expect.objectContaining({ method: "GET", url: "/echo?a=1&b=2&b=3&d=%C3%A9+x" }),
    "utf-8",
  ]);
  expect((value as { headers: object }[])[5]?.headers).toMatchObject({ "x-own": "y", accept: "*/*" });
});

test.each([
  [`json={"k": "é"}`, "application/json", '{"k": "\\u00e9"}'],
  [`data={"a": "1 2", "b": ["x", "y"]}`, "application/x-www-form-urlencoded", "a=1+2&b=x&b=y"],
  [`data="plain"`, undefined, "plain"],
  [`data=b"bytes", headers={"Content-Type": "text/x"}`, "text/x", "bytes"],
])("post with %s", async (given, type, body) => {
  const value = (await valueOf(`return requests.post(BASE + "/echo", ${given}).json()`)) as {
    headers: Record<string, string>;
  };
  expect(value).toMatchObject({ method: "POST", body });
  expect(value.headers["content-type"]).toBe(type);
});

test("files make a multipart body", async () => {
  const value = await valueOf(
    `return requests.post(BASE + "/echo", data={"a": "1"}, files={"f": ("n.txt", b"content", "text/plain")}).json()`,
  );
  expect(value).toMatchObject({
    headers: { "content-type": expect.stringMatching(/^multipart\/form-data; boundary=/) },
    body: expect.stringContaining('name="f"; filename="n.txt"'),
  });
});

test("the other methods, and redirects", async () => {
  const value = await valueOf(
    `return [requests.put(BASE + "/echo").json()["method"], requests.patch(BASE + "/echo").json()["method"], requests.delete(BASE + "/echo").json()["method"], requests.head(BASE + "/echo").status_code, requests.get(BASE + "/redirect").url.split("?")[1], requests.get(BASE + "/redirect", allow_redirects=False).status_code]`,
  );
  expect(value).toEqual(["PUT", "PATCH", "DELETE", 200, "from=redirect", 302]);
});

test("raise_for_status and the exceptions", async () => {
  const { error } = await run(`requests.get(BASE + "/echo?status=404").raise_for_status()`);
  expect(error).toMatchObject({
    name: "HTTPError",
    message: expect.stringMatching(/^404 Client Error: Not Found for url: /),
  });
  expect(error?.stack).toMatch(/at execute_action \(x\.py:4:\d+\)$/);
  const value = await valueOf(
    `out = []
for call in (lambda: requests.get("https://other.example/"), lambda: requests.get("other"), lambda: requests.get("ftp://x/"), lambda: requests.get(BASE + "/slow", timeout=0.2), lambda: requests.get(BASE + "/latin").json()):
    try: call()
    except requests.exceptions.RequestException as e: out.append([type(e).__name__, e.code])
return out`,
  );
  expect(value).toEqual([
    ["ConnectionError", "EGRESS_HOST"],
    ["MissingSchema", null],
    ["InvalidSchema", null],
    ["ReadTimeout", null],
    ["JSONDecodeError", null],
  ]);
});

test("a session keeps headers, params and cookies", async () => {
  const value = await valueOf(
    `with requests.Session() as s:
    s.headers["X-All"] = "1"
    s.params = {"k": "v"}
    s.get(BASE + "/cookie")
    r = s.get(BASE + "/echo", headers={"Accept": None}).json()
    return [r["headers"].get("x-all"), r["headers"].get("cookie"), r["url"], s.cookies.get("session")]`,
  );
  expect(value).toEqual(["1", "session=abc", "/echo?k=v", "abc"]);
});

test("texts are decoded, and large bodies read piece by piece", async () => {
  const value = await valueOf(
    `return [requests.get(BASE + "/latin").text, sum(1 for _ in requests.get(BASE + "/lines", stream=True).iter_lines()), len(requests.get(BASE + "/lines").content)]`,
    { limits: { cpuMs: 5_000 } },
  );
  expect(value).toEqual(["é", 40_001, 100_000]);
});

test("urllib.request does the same", async () => {
  const value = await valueOf(
    `req = urllib.request.Request(BASE + "/echo", data=b"x=1", headers={"X-Own": "y"}, method="PUT")
with urllib.request.urlopen(req, timeout=5) as r:
    first = [r.status, r.getheader("content-type"), json.load(r)]
out = []
for url in (BASE + "/echo?status=500", "https://other.example/", "file:///etc/passwd", BASE + "/redirect"):
    try:
        with urllib.request.urlopen(url) as r: out.append(r.geturl().split("?")[-1])
    except urllib.error.HTTPError as e: out.append([e.code, e.reason])
    except urllib.error.URLError as e: out.append(str(e.reason)[:40])
return [first, out]`,
  );
  expect(value).toEqual([
    [200, "application/json", expect.objectContaining({ method: "PUT", body: "x=1" })],
    [
      [500, "Internal Server Error"],
      expect.stringContaining(""),
      expect.stringContaining("http and https"),
      "from=redirect",
    ],
  ]);
});

test("secrets are placeholders, filled in by the host in headers alone", async () => {
  const secrets = { TOKEN: { value: "s3cret-value", hosts: ["127.0.0.1"] } };
  const outcome = await run(
    `r = requests.get(BASE + "/echo", headers={"Authorization": "Bearer " + os.environ["TOKEN"]})
b = requests.get(BASE + "/echo", auth=("me", os.environ["TOKEN"]))
from baton import secrets
return [r.status_code, "s3cret" in r.text, "s3cret" in os.environ["TOKEN"], secrets["TOKEN"] == os.environ["TOKEN"], b.status_code]`,
    { secrets },
  );
  expect([outcome.status, outcome.error?.message]).toEqual(["returned", undefined]);
  expect(JSON.stringify(outcome)).not.toContain("s3cret-value");
  expect(outcome.returnValue).toEqual([200, false, false, true, 200]);
});

test("the budget of requests is that of fetch", async () => {
  const { error } = await run(`for _ in range(5): requests.get(BASE + "/echo")`, { limits: { fetchCalls: 3 } });
  expect(error).toMatchObject({ name: "ConnectionError", message: expect.stringContaining("more than 3 requests") });
});
