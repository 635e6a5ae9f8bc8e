/** `requests` in an action beside the real one of this machine's Python: the same calls to the same server, the same answers, errors and history. */
import { spawnSync } from "node:child_process";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Runtime, createRuntime } from "../../../runtime/index.ts";
import { SILENT_LOGGER, contextOf } from "../../runtime/executing.ts";

const hasRequests = spawnSync("python3", ["-c", "import requests"]).status === 0;
if (!hasRequests) process.stderr.write("skipped: python3 has no requests here\n");
const there = hasRequests ? test : test.skip;

/** Each is an expression, in which `BASE` is the server; `S` is a session of its own. */
const CALLS: Readonly<Record<string, string>> = {
  "params of every kind": `requests.get(BASE + "/echo?a=1", params={"b": ["2", 3], "c": None, "é x": "ü&=", "t": True}).json()["url"]`,
  "params as pairs": `requests.get(BASE + "/echo", params=[("a", 1), ("a", "2 3")]).json()["url"]`,
  "params as text": `requests.get(BASE + "/echo#part", params="x=1&y=ü").json()["url"]`,
  "a path that has to be quoted": `requests.get(BASE + "/echo/é b%41%2f%zz?q=a b").json()["url"]`,
  "dots in a path": `requests.get(BASE + "/echo/a/../b").url.replace(BASE, "")`,
  "a form": `shown(requests.post(BASE + "/echo", data={"a": ["1", "2"], "b": "ü x", "n": None}))`,
  "a form of pairs": `shown(requests.post(BASE + "/echo", data=[("a", "1"), ("a", "2")]))`,
  text: `shown(requests.post(BASE + "/echo", data="plain ü".encode()))`,
  json: `shown(requests.post(BASE + "/echo", json={"a": [1, None, "ü"]}))`,
  "json that is empty": `[shown(requests.post(BASE + "/echo", json=j)) for j in ({}, [], 0, False, "")]`,
  "json beside data": `shown(requests.post(BASE + "/echo", data={"a": "1"}, json={"b": 2}))`,
  "nothing posted": `[shown(requests.request(m, BASE + "/echo")) for m in ("POST", "put", "PATCH")]`,
  "an own content type": `shown(requests.post(BASE + "/echo", json={}, headers={"content-type": "application/vnd.x"}))`,
  "basic authentication": `requests.get(BASE + "/echo", auth=("ü", "p:w")).json()["headers"]["authorization"]`,
  "authentication in the address": `requests.get(BASE.replace("//", "//us%65r:p%40w@") + "/echo").json()["headers"]["authorization"]`,
  "own authentication": `requests.get(BASE + "/echo", auth=lambda r: (r.headers.update({"X-Own": r.method}), r)[1]).json()["headers"]["x-own"]`,
  cookies: `requests.get(BASE + "/echo", cookies={"a": "1", "b": "2"}).json()["headers"]["cookie"]`,
  "a status that is an error": `(lambda r: [r.ok, r.status_code, r.reason, bool(r), caught(r.raise_for_status)])(requests.get(BASE + "/status/404"))`,
  "a status of a server": `caught(requests.get(BASE + "/status/503").raise_for_status)`,
  "a status past all": `(lambda r: [r.ok, caught(r.raise_for_status)])(requests.get(BASE + "/status/599"))`,
  "no JSON": `caught(requests.get(BASE + "/text").json)`,
  "an empty body": `(lambda r: [r.text, r.content == b"", caught(r.json)])(requests.get(BASE + "/status/204"))`,
  charsets: `[(r.encoding, r.text) for r in (requests.get(BASE + "/type/" + t) for t in ("text%2Fplain", "text%2Fplain;charset=utf-8", "application%2Fjson"))]`,
  "headers in any case": `(lambda r: [r.headers["X-MANY"], r.headers.get("none"), "x-Many" in r.headers])(requests.get(BASE + "/echo"))`,
  "a redirect and its history": `(lambda r: [r.url, [(h.status_code, h.url, h.is_redirect) for h in r.history], r.json()["method"]])(requests.get(BASE + "/redirect/302?to=/echo"))`,
  "methods after redirects": `[[(s, m, requests.request(m, BASE + f"/redirect/{s}?to=/echo", data=None if m == "GET" else "x").json()["method"]) for s in (301, 302, 303, 307, 308)] for m in ("GET", "POST", "PUT", "DELETE")]`,
  "bodies after redirects": `[[s, shown(requests.post(BASE + f"/redirect/{s}?to=/echo", json={"a": 1}))] for s in (301, 302, 303, 307, 308)]`,
  "a redirect that is not followed": `(lambda r: [r.status_code, r.headers["location"], r.history, r.is_redirect, r.is_permanent_redirect, r.next.url])(requests.get(BASE + "/redirect/301?to=/echo", allow_redirects=False))`,
  "a head is not followed": `requests.head(BASE + "/redirect/302?to=/echo").status_code`,
  "redirects without end": `caught(lambda: requests.get(BASE + "/redirect/302?to=/loop"), False)`,
  "a redirect to another scheme": `caught(lambda: requests.get(BASE + "/redirect/302?to=ftp://x/y"), False)`,
  "fragments over redirects": `requests.get(BASE + "/redirect/302?to=/echo#own").url`,
  "fragments kept over redirects": `requests.get(BASE + "/redirect/302?to=/echo#first").url`,
  "cookies set on the way": `(lambda r: [r.json()["headers"].get("cookie"), S.cookies.get_dict(), S.get(BASE + "/echo").json()["headers"].get("cookie")])(S.get(BASE + "/login"))`,
  "a session's own": `(S.headers.update({"X-S": "1"}), S.params.update({"k": "v"}), (lambda j: [j["url"], j["headers"]["x-s"]])(S.get(BASE + "/echo", params={"own": "1"}).json()))[2]`,
  "a session's authentication, taken elsewhere": `(setattr(S, "auth", ("a", "b")), S.get(BASE + "/redirect/302?to=" + OTHER + "/echo").json()["headers"].get("authorization"))[1]`,
  hooks: `(lambda seen: (requests.get(BASE + "/redirect/302?to=/echo", hooks={"response": lambda r, *a, **k: seen.append(r.status_code)}), seen)[1])([])`,
  streams: `(lambda r: [b"".join(r.iter_content(7)).decode(), r.status_code])(requests.get(BASE + "/text", stream=True))`,
  lines: `[l.decode() for l in requests.get(BASE + "/lines", stream=True).iter_lines()]`,
  "lines as text": `list(requests.get(BASE + "/type/text%2Fplain", stream=True).iter_lines(decode_unicode=True))`,
  "a body that is read twice": `(lambda r: [list(r.iter_content(1000)) == [b"some text"], caught(lambda: list(r.iter_content(1)))])(requests.get(BASE + "/text", stream=True))`,
  links: `requests.get(BASE + "/links").links`,
  "timeouts that are none": `[caught(lambda: requests.get(BASE + "/text", timeout=t), False) for t in ("soon", 0, -1, (1, 2, 3))]`,
  "a timeout of two": `requests.get(BASE + "/text", timeout=(3, 5)).text`,
  "a timeout that passes": `caught(lambda: requests.get(BASE + "/slow", timeout=0.3), False)`,
  "addresses that are none": `[caught(lambda: requests.get(u)) for u in ("no-scheme/x", "", "mailto:x", "http://", "http://*x/", "ftp://h/x")]`,
  "headers that are none": `[caught(lambda: requests.get(BASE + "/echo", headers=h), False) for h in ({"a": 1}, {"a": "b\\nc"}, {"a": " b"}, {1: "b"}, {"a\\n": "b"}, {"a:": "b"})]`,
  "json that is none": `[caught(lambda: requests.post(BASE, json=j), False) for j in (float("nan"), float("inf"))]`,
  "a prepared request": `(lambda p: [p.method, p.url.replace(BASE, ""), p.headers.get("Content-Type"), p.headers.get("Content-Length"), p.body, p.path_url])(requests.Request("post", BASE + "/echo?x=1", data={"a": "1"}, params={"y": "2"}).prepare())`,
  "a prepared request that is sent": `(lambda p: shown(S.send(p)))(S.prepare_request(requests.Request("PUT", BASE + "/echo", json=[1])))`,
  files: `shown(requests.post(BASE + "/echo", files={"f": ("n.txt", b"data", "text/x"), "g": ("m", "x", "text/y", {"X-Part": "1"})}, data={"a": "1"}), True)`,
  "names of the package": `[requests.codes.ok, requests.codes.not_found, requests.utils.quote("a b/ü"), requests.utils.dict_from_cookiejar(requests.utils.cookiejar_from_dict({"a": "b"})), requests.utils.requote_uri("/a b%41%2f"), issubclass(requests.exceptions.ConnectTimeout, requests.ConnectionError), issubclass(requests.HTTPError, IOError), requests.exceptions.JSONDecodeError.__mro__[1].__name__]`,
};

const PRELUDE = `import json, re, requests
S = requests.Session()
def caught(call, told=True):
    try:
        return ["returned", call()]
    except Exception as error:
        names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__.startswith(("requests", "builtins", "json"))]
        text = str(error)
        return [type(error).__name__, [n for n in names if n not in ("object", "BaseException")][:3], text.replace(BASE, "BASE") if told else None]
def shown(response, parts=False):
    j = response.json()
    kept = {k: v for k, v in j["headers"].items() if k in ("content-type", "content-length")}
    if parts:
        mark = kept.pop("content-type").split("boundary=")[1]
        kept.pop("content-length")
        return [kept, j["body"].replace(mark, "MARK")]
    return [j["method"], j["url"], kept, j["body"]]
`;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, "http://x");
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const [, what = "", of = ""] = url.pathname.split("/");
    if (what === "slow") return;
    if (what === "redirect") {
      const to = url.searchParams.get("to")!;
      return void response.writeHead(Number(of), { location: to }).end("moved");
    }
    if (what === "loop") return void response.writeHead(302, { location: "/loop" }).end();
    if (what === "login")
      return void response
        .writeHead(302, { location: "/echo", "set-cookie": ["s=1; Path=/", "t=2; Path=/else"] })
        .end();
    if (what === "text") return void response.writeHead(200, { "content-type": "text/plain" }).end("some text");
    if (what === "lines") return void response.writeHead(200, { "content-type": "text/plain" }).end("a\nb\r\n\nc");
    if (what === "links")
      return void response
        .writeHead(200, { link: '<https://a.example/2>; rel="next", <https://a.example/9>; rel=last' })
        .end();
    if (what === "type")
      return void response
        .writeHead(200, { "content-type": decodeURIComponent(url.pathname.slice(6)) })
        .end(Buffer.from("é\nx"));
    if (what === "status") return void response.writeHead(Number(of)).end();
    const { method, headers } = request;
    response.writeHead(200, { "content-type": "application/json", "x-many": ["1", "2"] });
    response.end(JSON.stringify({ method, url: request.url, headers, body: Buffer.concat(chunks).toString("utf8") }));
  });
}

let server: Server;
let runtime: Runtime;
let real: Readonly<Record<string, unknown>>;
let names: string;

beforeAll(async () => {
  if (!hasRequests) return;
  server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;
  names = `BASE = "${base}"\nOTHER = "${base.replace("127.0.0.1", "localhost")}"\n`;
  runtime = await createRuntime({
    logger: SILENT_LOGGER,
    workers: 1,
    egress: {
      hosts: ["127.0.0.1", "localhost"],
      http: true,
      ports: [port],
      private: [`127.0.0.1:${port}`, `localhost:${port}`],
    },
  });
  const script = `${names}${PRELUDE}out = {}\n${statements(Object.entries(CALLS)).join("\n")}\nprint(json.dumps(out))`;
  real = JSON.parse(await output(script)) as Record<string, unknown>;
}, 60_000);
afterAll(async () => {
  await runtime?.close();
  server?.closeAllConnections();
  server?.close();
});

const statements = (calls: readonly (readonly [string, string])[]): string[] =>
  calls.map(([name, call]) => {
    const put = `out[${JSON.stringify(name)}]`;
    return `try:\n    ${put} = ${call}\nexcept Exception as e:\n    ${put} = ["failed", repr(e)]\nS = requests.Session()`;
  });

/** Beside this process, which is the server. */
async function output(script: string): Promise<string> {
  const { spawn } = await import("node:child_process");
  const child = spawn("python3", ["-"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(script);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  await new Promise((resolve) => child.once("close", resolve));
  return text;
}

/** Some calls in one run: an instance for each would cost more than the calls do. */
async function own(calls: readonly (readonly [string, string])[]): Promise<Readonly<Record<string, unknown>>> {
  const lines = statements(calls)
    .join("\n")
    .split("\n")
    .map((line) => `    ${line}`);
  const source = `${names}${PRELUDE}def execute_action(context):\n    global S\n    out = {}\n${lines.join("\n")}\n    return out\n`;
  const outcome = await runtime.execute({
    action: { source, filename: "x.py" },
    context: contextOf("chat"),
    limits: { fetchCalls: 500, hostCalls: 2_000, wallMs: 30_000, cpuMs: 20_000 },
  });
  expect([outcome.error?.message, outcome.status]).toEqual([undefined, "returned"]);
  return (outcome as { returnValue?: unknown }).returnValue as Record<string, unknown>;
}

const ALL = Object.entries(CALLS);
const CHUNK = 18;
there.each(Array.from({ length: Math.ceil(ALL.length / CHUNK) }, (_, at) => [at + 1]))("part %i", async (part) => {
  const calls = ALL.slice((part - 1) * CHUNK, part * CHUNK);
  const found = await own(calls);
  for (const [name] of calls) expect([name, found[name]]).toEqual([name, real[name]]);
});
