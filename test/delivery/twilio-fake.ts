/** A Twilio that keeps the state of its calls, over real HTTP: what the vendor's API description does not hold. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Behaviour =
  | "normal"
  /** Answers after so long that no request waits any more; the call is transferred. */
  | "late"
  /** The call is transferred, and the connection breaks. */
  | "effect without answer"
  | "broken without effect"
  | "unroutable"
  | "forbidden"
  | "rate limited"
  | "server error";

export interface FakeCall {
  status: "in-progress" | "completed";
  readonly twiml: string[];
  readonly children: FakeChild[];
}

/** As Twilio writes it. */
export interface FakeChild {
  readonly sid: string;
  readonly to: string;
  readonly status: string;
  /** RFC 2822, in whole seconds. */
  readonly date_created: string;
}

export const twilioTime = (time: number): string => new Date(time).toUTCString().replace("GMT", "+0000");

export interface FakeTwilio {
  readonly url: string;
  readonly calls: Map<string, FakeCall>;
  /** Requests to update a call, whatever came of them. */
  updates: number;
  /** What becomes of the child calls of later updates. */
  dials: string;
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

export const ACCOUNT = `AC${"a".repeat(32)}`;
export const TOKEN = "token";
export const callSid = (letter: string): string => `CA${letter.repeat(32)}`;

const ERRORS: Partial<Record<Behaviour, readonly [number, number, string]>> = {
  unroutable: [400, 13224, "Invalid phone number"],
  forbidden: [403, 21216, "Account not allowed to call"],
  "rate limited": [429, 20429, "Too many requests"],
  "server error": [503, 20503, "Service unavailable"],
};

/** `host` is the address that it listens on. */
export async function startFakeTwilio(host = "127.0.0.1"): Promise<FakeTwilio> {
  const calls = new Map<string, FakeCall>();
  const fake: FakeTwilio = {
    url: "",
    calls,
    updates: 0,
    dials: "in-progress",
    behave(next) {
      behaviour = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  let behaviour: Behaviour = "normal";
  const server = createServer(async (request, response) => {
    if (request.headers.authorization !== `Basic ${btoa(`${ACCOUNT}:${TOKEN}`)}`) {
      return json(response, 401, { code: 20003, message: "Authenticate", status: 401 });
    }
    const url = new URL(request.url ?? "", "http://twilio");
    const prefix = `/2010-04-01/Accounts/${ACCOUNT}/Calls`;
    if (url.pathname === `${prefix}.json`) return listChildren(url, response);
    const sid = url.pathname.slice(prefix.length + 1, -".json".length);
    const call = calls.get(sid);
    if (!call) return json(response, 404, { code: 20404, message: "Not found", status: 404 });
    if (request.method === "GET") return json(response, 200, { sid, status: call.status });
    return update(call, sid, await formOf(request), response);
  });

  function listChildren(url: URL, response: ServerResponse): void {
    const parent = calls.get(url.searchParams.get("ParentCallSid") ?? "");
    json(response, 200, { calls: parent?.children ?? [], page: 0, page_size: 50, next_page_uri: null });
  }

  function update(call: FakeCall, sid: string, form: URLSearchParams, response: ServerResponse): void {
    fake.updates += 1;
    const error = ERRORS[behaviour];
    if (error) return json(response, error[0], { code: error[1], message: error[2], status: error[0] });
    if (behaviour === "broken without effect") return void response.socket?.destroy();
    if (call.status !== "in-progress")
      return json(response, 400, { code: 21220, message: "Call is not in-progress", status: 400 });
    const twiml = form.get("Twiml") ?? "";
    const to = /<Number>([^<]+)<\/Number>/.exec(twiml)?.[1];
    if (to === undefined) return json(response, 400, { code: 21218, message: "Invalid Twiml", status: 400 });
    call.twiml.push(twiml);
    call.children.push({ sid: callSid("f"), to, status: fake.dials, date_created: twilioTime(Date.now()) });
    if (behaviour === "effect without answer") return void response.socket?.destroy();
    if (behaviour === "late")
      return void response.once("close", () => json(response, 200, { sid, status: "in-progress" }));
    return json(response, 200, { sid, status: "in-progress" });
  }

  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return Object.assign(fake, { url: `http://${host}:${(server.address() as AddressInfo).port}` });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return new URLSearchParams(body);
}
