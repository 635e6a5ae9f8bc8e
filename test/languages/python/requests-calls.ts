/** Calls of `requests` and of `urllib.request`, with what they need, and the server that they ask. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** Each is an expression, in which `BASE` is the server; `S` is a session of its own. */
export const CALLS: Readonly<Record<string, string>> = {
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
  "files by their names": `shown(requests.post(BASE + "/echo", files={"f": named("/tmp/a b/n.txt"), "g": named("<stdin>")}), True)`,
  "files without names": `shown(requests.post(BASE + "/echo", files={"f": "text ü", "g": b"bytes", "h": None}), True)`,
  "files as pairs beside fields": `shown(requests.post(BASE + "/echo", files=[("f", ("a.txt", "1")), ("f", (None, "2"))], data=[("x", "1"), ("x", ["2", "3"]), ("n", None), ("i", 5), ('q"', "")]), True)`,
  "files beside text": `caught(lambda: requests.post(BASE + "/echo", files={"f": "x"}, data="text"))`,
  "bodies of other kinds": `[shown(requests.put(BASE + "/echo", data=d)) for d in (io.BytesIO(b"raw"), bytearray(b"ba"), (("a", 1), ("a", 2)), "text=ü", b"")]`,
  "a body where none is usual": `[shown(requests.request(m, BASE + "/echo", json={"a": 1})) for m in ("DELETE", "GET", "OPTIONS")]`,
  "chunks of every size": `[caught(lambda: [len(c) for c in requests.get(BASE + "/text", stream=s).iter_content(n)]) for n, s in ((0, False), (None, False), (None, True), ("1", True), (4, True), (100, True), (1.5, False))]`,
  "the raw body": `(lambda r: [r.raw.read(4).decode(), r.raw.read().decode(), r.raw.status, r.raw.headers["Content-Type"], r.content.decode()])(requests.get(BASE + "/text", stream=True))`,
  "the raw body in pieces": `[b.decode() for b in requests.get(BASE + "/text", stream=True).raw.stream(4)]`,
  "a jar as a dict": `(lambda j: [j.set("a", "1").value, j["a"], j.get("none", "d"), "a" in j, list(j.keys()), j.setdefault("b", "2"), j.pop("a"), len(j), j.get_dict(), j.copy().get_dict(), dict(j), caught(lambda: j["none"])])(requests.cookies.RequestsCookieJar())`,
  "a jar with two of a name": `(lambda j: [j.set("a", "1", domain="x.example").domain, j.set("a", "2", domain="y.example").domain, caught(lambda: j["a"]), j.get("a", domain="y.example"), j.multiple_domains(), j.list_domains(), sorted(j.items()), j.set("a", None), len(j)])(requests.cookies.RequestsCookieJar())`,
  "hooks of a session and of authenticators": `(S.hooks["response"].append(lambda r, *a, **k: seen.append(["session", sorted(set(k) & {"timeout", "stream"})])), S.get(BASE + "/text", auth=Hooked()).status_code, S.get(BASE + "/text", hooks={"response": [lambda r, *a, **k: seen.append("own")]}).status_code, seen)[1:]`,
  "a hook that gives another answer": `requests.get(BASE + "/text", hooks={"response": lambda r, *a, **k: requests.get(BASE + "/status/201")}).status_code`,
  "a hook of no event": `caught(lambda: requests.get(BASE + "/text", hooks={"none": print}))`,
  "bodies that break": `[caught(lambda: requests.get(BASE + p, timeout=0.3), False) for p in ("/broken", "/stall", "/badzip")]`,
  "streams that break": `[caught(lambda: list(requests.get(BASE + p, timeout=0.3, stream=True).iter_content(4)), False) for p in ("/broken", "/stall", "/badzip")]`,
  "addresses in other forms": `[requests.get(u).url.replace(BASE, "BASE") for u in ("HTTP" + BASE[4:] + "/echo", BASE + "?x=1", "  " + BASE + "/echo", BASE + "/a;b=c/@!$&'()*+,=~", BASE.encode() + b"/echo", BASE + "/echo?a=%zz&b=[1]|", BASE + "//double//")]`,
  "addresses that cannot be": `[caught(lambda: requests.get(u), False)[:2] for u in ("http://h:99999/", "http://h:abc/", "//x/y", "http:///x", None, 5, b"http://", "http://.x/", "http://", "https:/x")]`,
  "names of statuses": `[getattr(requests.codes, n) for n in "okay moved found other temporary_redirect bad unauthorized forbidden not_found gone teapot too_many unprocessable unavailable gateway_timeout NOT_FOUND precondition network_auth".split()] + [requests.codes["ok"], requests.codes["none at all"]]`,
  "bases of exceptions": `{n: [k.__name__ for k in getattr(requests.exceptions, n).__mro__ if k.__module__.startswith(("requests", "builtins"))] for n in "ChunkedEncodingError ContentDecodingError InvalidProxyURL InvalidJSONError StreamConsumedError RetryError UnrewindableBodyError ProxyError RequestsWarning FileModeWarning".split()}`,
  "names for several versions": `[requests.compat.urljoin("http://a/b", "c"), requests.compat.is_py3, requests.auth._basic_auth_str("a", "b"), requests.utils.guess_filename(named("/x/y.z")), requests.compat.basestring == (str, bytes)]`,
  "authentication over a session's": `(setattr(S, "auth", ("a", "b")), S.get(BASE + "/echo", auth=requests.auth.HTTPBasicAuth("c", "d")).json()["headers"]["authorization"])[1]`,
  "a session's header taken away": `(S.headers.update({"X-S": "1"}), S.get(BASE + "/echo", headers={"x-s": None}).json()["headers"].get("x-s"))[1]`,
  "few redirects": `(setattr(S, "max_redirects", 2), caught(lambda: S.get(BASE + "/redirect/302?to=/loop")))[1]`,
  "a redirect without a place": `(lambda r: [r.status_code, r.is_redirect, r.next])(requests.get(BASE + "/status/302"))`,
  "a redirect to another host by its place alone": `requests.get(BASE + "/redirect/302?to=" + OTHER[5:] + "/echo").url.replace(OTHER, "OTHER")`,
  "text in another encoding": `(lambda r: (setattr(r, "encoding", "utf-16-le"), r.text, setattr(r, "encoding", "none"), r.text)[1::2])(requests.get(BASE + "/text"))`,
  "how they show": `[repr(requests.get(BASE + "/text")), repr(requests.Request("GET", "x")), repr(requests.Request("get", BASE).prepare()), repr(requests.Session().headers.copy().get("Accept")), str(requests.exceptions.HTTPError("x"))]`,
  "adapters of a session": `[type(S.get_adapter("http://x")).__name__, caught(lambda: S.get_adapter("ftp://x"))]`,
  "urllib: an answer": `(lambda r: [r.status, r.code, r.reason, r.getheader("Content-Type"), r.getheader("none", "d"), r.headers.get_content_charset(), r.read(4).decode(), r.read().decode(), r.geturl().replace(BASE, ""), r.info()["content-type"]])(U.urlopen(BASE + "/text"))`,
  "urllib: what is sent": `[(lambda j: [j["method"], j["url"], {k: v for k, v in j["headers"].items() if k in ("content-type", "content-length", "x-own", "authorization")}, j["body"]])(json.load(U.urlopen(r))) for r in (BASE + "/echo?a=1#f", U.Request(BASE + "/echo", data=b"a=1"), U.Request(BASE + "/echo", data=b"{}", method="PUT", headers={"X-Own": "1", "Content-Type": "application/json"}), U.Request(BASE + "/echo", method="PATCH", data=b""))]`,
  "urllib: a status that is an error": `[caught(lambda: U.urlopen(BASE + "/status/404")), caught(lambda: U.urlopen(BASE + "/status/500"))]`,
  "urllib: redirects": `[U.urlopen(BASE + "/redirect/301?to=/echo").geturl(), json.load(U.urlopen(BASE + "/redirect/303?to=/echo", data=b"x"))["method"], caught(lambda: U.urlopen(BASE + "/redirect/307?to=/echo", data=b"x")), caught(lambda: U.urlopen(BASE + "/loop")), caught(lambda: U.urlopen(BASE + "/redirect/302?to=ftp2://x/"))]`,
  "urllib: time-outs": `[caught(lambda: U.urlopen(BASE + "/slow", timeout=0.3), False), caught(lambda: U.urlopen(BASE + "/stall", timeout=0.3).read(), False)]`,
  "urllib: a body that breaks": `caught(lambda: U.urlopen(BASE + "/broken").read(), False)`,
  "urllib: lines": `[l.decode() for l in U.urlopen(BASE + "/lines")]`,
  "urllib: cookies": `json.load(U.build_opener(U.HTTPCookieProcessor()).open(BASE + "/login"))["headers"].get("cookie")`,
  "urllib: schemes": `[U.urlopen("data:text/plain,hi%20there").read().decode(), caught(lambda: U.urlopen("none://x")), caught(lambda: U.urlopen("no address"))]`,
  "urllib: a file": `open(U.urlretrieve(BASE + "/text")[0]).read()`,
};

export const PRELUDE = `import io, json, re, requests, urllib.request as U
S = requests.Session()
seen = []
class Hooked(requests.auth.AuthBase):
    def __call__(self, request):
        request.register_hook("response", lambda response, *a, **k: seen.append("auth"))
        return request
def named(name):
    file = io.BytesIO(b"data")
    file.name = name
    return file
def caught(call, told=True):
    try:
        return ["returned", call()]
    except Exception as error:
        names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__.startswith(("requests", "builtins", "json", "urllib", "http"))]
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

export function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, "http://x");
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const [, what = "", of = ""] = url.pathname.split("/");
    if (what === "slow") return;
    if (what === "broken")
      return void response.writeHead(200, { "content-length": 100 }).write("some", () => request.socket.destroy());
    if (what === "stall") return void response.writeHead(200, { "content-length": 100 }).write("some");
    if (what === "badzip") return void response.writeHead(200, { "content-encoding": "gzip" }).end("no gzip at all");
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
