// Every public function with wrong options, from a table: one sentence that names the key and says what it should be, and no value of it.
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, test } from "@jest/globals";
import {
  chatwootProvider,
  checkProvider,
  combineProviders,
  consoleProvider,
  createReceiver,
  createSeenIds,
  handoffSchema,
  judgeDestination,
  livekitProvider,
  openHandoffs,
  openStorage,
  type OptionsError,
  readDialResult,
  telnyxProvider,
  twilioProvider,
  webhookProvider,
} from "../../delivery/index.ts";
import { createRuntime } from "../../runtime/index.ts";
import { scriptedProvider } from "./fixtures.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const webhook = (of: object) => webhookProvider({ url: "https://desk.example/x", secrets: [SECRET], ...of } as never);
const account = { accountSid: `AC${"a".repeat(32)}`, authToken: "token" };
const twilio = (of: object) => twilioProvider({ ...account, ...of } as never);
const chatwoot = (of: object) =>
  chatwootProvider({ url: "https://x.example", accountId: 1, apiAccessToken: "t", ...of } as never);
const handoffs = (of: object) => openHandoffs({ store: "memory:", ...of } as never);
const runtime = (of: object) => createRuntime(of as never);

const textOf = (page: string): string => readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");

type Row = readonly [what: string, call: () => unknown, says: RegExp];

const TABLE: readonly Row[] = [
  ["webhookProvider()", () => webhookProvider(undefined as never), /^webhookProvider: the options should be an object/],
  ["a relative url", () => webhook({ url: "/hook" }), /"url" should be an absolute http/],
  ["no url", () => webhook({ url: undefined }), /"url" is missing; it should be an absolute http/],
  ["a url with credentials", () => webhook({ url: "https://u:p@desk.example/" }), /"url".*headers\.authorization/],
  ["a url of another scheme", () => webhook({ url: "ftp://desk.example/" }), /"url" should be/],
  ["no secret", () => webhook({ secrets: [] }), /"secrets" should be a list of at least one secret/],
  ["a secret that is text", () => webhook({ secrets: SECRET }), /"secrets" should be a list/],
  ["a short secret", () => webhook({ secrets: ["whsec_c2hvcnQ="] }), /"secrets\[0\]" should be base64 of 24 to 64/],
  ["a secret with v1,", () => webhook({ secrets: [`v1,${SECRET}`] }), /"secrets\[0\]".*"v1,"/],
  ["a quoted secret", () => webhook({ secrets: [`"${SECRET}"`] }), /"secrets\[0\]".*quotation marks/],
  ["a secret with a line end", () => webhook({ secrets: [`${SECRET}\n`] }), /"secrets\[0\]".*white space/],
  ["a hexadecimal secret", () => webhook({ secrets: [SECRET, "ab".repeat(32)] }), /"secrets\[1\]".*hexadecimal/],
  ["a hexadecimal secret with whsec_", () => webhook({ secrets: [`whsec_${"0f".repeat(32)}`] }), /hexadecimal/],
  ["a public key", () => webhook({ secrets: [SECRET.replace("whsec_", "whpk_")] }), /"secrets\[0\]".*whpk_/],
  ["base64url", () => webhook({ secrets: [`${"A".repeat(42)}-_`] }), /"secrets\[0\]" should be base64/],
  ["a header of ours", () => webhook({ headers: { "Webhook-ID": "x" } }), /"headers\.Webhook-ID".*provider's own/],
  ["a header twice", () => webhook({ headers: { a: "1", A: "2" } }), /"headers\.A".*once/],
  ["a header with a line end", () => webhook({ headers: { a: "1\r\nb: 2" } }), /"headers\.a" should be one line/],
  ["a header that is no name", () => webhook({ headers: { "a b": "1" } }), /"headers\.a b".*no name/],
  ["a header of the connection", () => webhook({ headers: { Host: "x" } }), /"headers\.Host".*connection/],
  ["a timeout of NaN", () => webhook({ timeoutMs: Number.NaN }), /"timeoutMs" should be a number of milliseconds/],
  ["a timeout past a timer's reach", () => webhook({ timeoutMs: 2 ** 31 }), /"timeoutMs" should be/],
  ["a misspelt option", () => webhook({ timeoutMS: 1 }), /there is no "timeoutMS"; did you mean "timeoutMs"/],
  ["a port 0", () => webhook({ url: "https://desk.example:0/" }), /"url" should be .*port 0/],
  ["a hexadecimal secret with 0x", () => webhook({ secrets: [`0x${"ab".repeat(31)}`] }), /"secrets\[0\]".*hexadecimal/],
  ["private at port 0", () => webhook({ private: ["10.0.0.1:0"] }), /"private\[0\]" should be host:port/],
  ["private past the last port", () => webhook({ private: ["desk:99999"] }), /"private\[0\]" should be host:port/],
  ["private for every host", () => webhook({ private: ["*.internal:80"] }), /"private\[0\]" should be host:port/],
  ["private without a port", () => webhook({ private: ["desk.internal"] }), /"private\[0\]" should be host:port/],
  ["twilioProvider without authToken", () => twilio({ authToken: undefined }), /"authToken" is missing/],
  ["an empty authToken", () => twilio({ authToken: "" }), /"authToken" should be/],
  ["a token with a line end", () => twilio({ authToken: "token\n" }), /"authToken".*without blanks or line ends/],
  [
    "a secret of blanks",
    () => twilio({ apiKey: `SK${"b".repeat(32)}`, apiSecret: " " }),
    /"apiSecret".*without blanks/,
  ],
  ["a telnyx key with its scheme", () => telnyxProvider({ apiKey: "Bearer KEY" }), /"apiKey".*without blanks/],
  [
    "a livekit key with a line end",
    () => livekitProvider({ url: "https://x.example", apiKey: "key\n", apiSecret: "s" }),
    /"apiKey".*without blanks/,
  ],
  [
    "a chatwoot token that ends a header",
    () => chatwoot({ apiAccessToken: "t\r\nx: y" }),
    /"apiAccessToken".*without blanks/,
  ],
  [
    "a chatwoot token of another alphabet",
    () => chatwoot({ apiAccessToken: "日本" }),
    /"apiAccessToken".*without blanks/,
  ],
  [
    "the address of a chatwoot inbox",
    () => chatwoot({ url: "https://x.example/app/accounts/1" }),
    /"url".*without \/app or/,
  ],
  [
    "the address of chatwoot's API",
    () => chatwoot({ url: "https://x.example/api/v1" }),
    /"url".*without \/app or \/api/,
  ],
  [
    "a dial result's token with a line end",
    () => readDialResult({ url: "https://x.example", form: "", signature: "x", authToken: ["good", "bad\n"] }),
    /"authToken\[1\]" should be the account's auth token, without blanks or line ends \(/,
  ],
  ["an API key alone", () => twilio({ apiKey: `SK${"b".repeat(32)}` }), /"apiSecret" is missing/],
  ["an accountSid of another kind", () => twilio({ accountSid: `SK${"a".repeat(32)}` }), /"accountSid" should be AC/],
  ["a relative actionUrl", () => twilio({ actionUrl: "/dial" }), /"actionUrl" should be an absolute/],
  ["a client as callerId", () => twilio({ callerId: "client:bob" }), /"callerId" should be an E\.164/],
  [
    "ringSeconds of NaN",
    () => twilio({ ringSeconds: Number.NaN }),
    /"ringSeconds" should be a whole number from 1 to 600/,
  ],
  ["an endless call", () => twilio({ timeLimitSeconds: 1e9 }), /"timeLimitSeconds" should be a whole number/],
  ["a misspelt token", () => twilio({ authtoken: "x" }), /there is no "authtoken"; did you mean "authToken"/],
  ["a region that is an edge", () => twilio({ region: "dublin" }), /"region" should be a region such as ie1/],
  ["consoleProvider", () => consoleProvider({ write: "x" } as never), /^consoleProvider: "write" should be a function/],
  ["createReceiver()", () => createReceiver(undefined as never), /^createReceiver: the options should be an object/],
  ["a receiver's secret", () => createReceiver({ secrets: ["x"] }), /"secrets\[0\]" should be base64/],
  [
    "an old store of seen ids",
    () => createReceiver({ secrets: [SECRET], seen: new Set() as never }),
    /"seen".*claim, done and release/,
  ],
  [
    "a tolerance of NaN",
    () => createReceiver({ secrets: [SECRET], toleranceSeconds: Number.NaN }),
    /"toleranceSeconds" should be/,
  ],
  [
    "a getter that throws",
    () =>
      webhookProvider({
        get url(): string {
          throw new Error(SECRET);
        },
        secrets: [SECRET],
      }),
    /^webhookProvider: the options cannot be read, a getter of theirs throws/,
  ],
  ["livekitProvider()", () => livekitProvider(undefined as never), /^livekitProvider: the options should be an object/],
  ["telnyxProvider()", () => telnyxProvider([] as never), /^telnyxProvider: the options should be an object/],
  ["chatwootProvider()", () => chatwootProvider(new Map() as never), /^chatwootProvider: the options should be/],
  [
    "a handler that is none",
    () => createReceiver({ secrets: [SECRET] }).handle({}, "", "handler" as never),
    /handle\(headers, body, handler\): it should be a function/,
  ],
  ["done of nothing", () => createReceiver({ secrets: [SECRET] }).done(undefined as never), /an event, or its id/],
  ["openStorage()", () => openStorage(undefined as never), /^openStorage: the options should be an object/],
  ["openStorage without schemas", () => openStorage({ store: "memory:" } as never), /"schemas" is missing/],
  [
    "openStorage with another migrate",
    () => openStorage({ store: "memory:", schemas: [handoffSchema], migrate: "yes" as never }),
    /"migrate" should be "auto" or "never"/,
  ],
  ["createSeenIds", () => createSeenIds(-1), /^createSeenIds\(size\): it should be a whole number/],
  ["combineProviders()", () => combineProviders({ handoffs: scriptedProvider({}) } as never), /"transfers" is missing/],
  [
    "a part that is no provider",
    () => combineProviders({ handoffs: {}, transfers: {} } as never),
    /"handoffs" should be a provider/,
  ],
  ["readDialResult()", () => readDialResult(undefined as never), /^readDialResult: "authToken" is missing/],
  ["checkProvider()", () => checkProvider(undefined as never), /^checkProvider: it should be a provider/],
  ["openHandoffs()", () => openHandoffs(undefined as never), /^openHandoffs: the options should be an object/],
  ["no store", () => openHandoffs({} as never), /"store" is missing; it should be an address/],
  ["a misspelt option of openHandoffs", () => handoffs({ providers: scriptedProvider({}) }), /did you mean "provider"/],
  ["a provider that is a class", () => handoffs({ provider: "webhook" }), /"provider" should be a provider/],
  [
    "a misspelt setting",
    () => handoffs({ settings: { leasMs: 1 } }),
    /settings: there is no "leasMs"; did you mean "leaseMs"/,
  ],
  ["a setting of NaN", () => handoffs({ settings: { pollMs: Number.NaN } }), /settings: "pollMs" should be/],
  ["a setting no date reaches", () => handoffs({ settings: { keepMs: 1e300 } }), /settings: "keepMs" should be/],
  [
    "an endpoint that is no text",
    () => handoffs({ provider: { ...scriptedProvider({}), endpoint: new URL("https://desk.example") } }),
    /"provider" should be a provider/,
  ],
  ["ids that are none", () => handoffs({ newId: () => "" }), /newId should give 1 to 160 printable/],
  ["a port that is text", () => handoffs({ store: { host: "db", port: "5432" } }), /"port" should be a whole number/],
  ["a port past the last", () => handoffs({ store: { host: "db", port: 70_000 } }), /"port" should be a whole number/],
  ["a pool of none", () => handoffs({ store: { host: "db", max: 0 } }), /"max" should be a whole number/],
  ["a password that is a number", () => handoffs({ store: { host: "db", password: 1 } }), /"password" should be text/],
  ["a logger with one level", () => handoffs({ logger: { warn() {} } }), /"logger" should be a logger/],
  [
    "destinations of another shape",
    () => handoffs({ destinations: { country: "US" } }),
    /destinations: there is no "country"; did you mean "countries"/,
  ],
  [
    "countries that are text",
    () => handoffs({ destinations: { countries: "US" } }),
    /destinations: "countries" should be a list/,
  ],
  ["UK", () => handoffs({ destinations: { countries: ["UK"] } }), /"countries\[0\]".*"UK" is "GB"/],
  [
    "USA",
    () => handoffs({ destinations: { countries: ["US", "USA"] } }),
    /"countries\[1\]" should be an ISO 3166 code/,
  ],
  [
    "no country",
    () => handoffs({ destinations: { countries: ["ZZ"] } }),
    /"countries\[0\]" should be an ISO 3166 code/,
  ],
  [
    "a number that is none",
    () => handoffs({ destinations: { numbers: ["911"] } }),
    /"numbers\[0\]" should be a phone number/,
  ],
  [
    "a type of number that is none",
    () => handoffs({ destinations: { allowTypes: ["PREMIUM"] } }),
    /"allowTypes\[0\]" should be one of/,
  ],
  [
    "a misspelt option of createRuntime",
    () => runtime({ limts: {} }),
    /^createRuntime: there is no "limts"; did you mean "limits"/,
  ],
  [
    "a misspelt limit",
    () => runtime({ limits: { walMs: 1 } }),
    /there is no "walMs" in "limits"; did you mean "wallMs"/,
  ],
  ["a limit of 0", () => runtime({ limits: { wallMs: 0 } }), /"limits\.wallMs" should be at least 1/],
  [
    "a packages folder that is missing",
    () => runtime({ packages: { folder: `${tmpdir()}/nothing-there`, allow: {} } }),
    /"packages\.folder" should be a folder that is there/,
  ],
  ["an egress policy of another shape", () => runtime({ egress: { host: [] } }), /egress: .*"host/],
  ["an egress policy that is text", () => runtime({ egress: "*" }), /egress: it should be an egress policy/],
  ["handoffs that keep none", () => runtime({ handoffs: {} }), /"handoffs" should be a keeper of hand-offs/],
  ["workers of none", () => runtime({ workers: 0 }), /"workers" should be a whole number/],
  ["a memory budget of nothing", () => runtime({ memoryBudgetMiB: 0 }), /"memoryBudgetMiB" should be a whole number/],
  [
    "a deadline of the queue that no timer keeps",
    () => runtime({ queueMs: -1 }),
    /"queueMs" should be a number of milliseconds/,
  ],
  ["a weight that is no function", () => runtime({ weightOf: 3 }), /"weightOf" should be a function that gives/],
  ["a logger of text", () => runtime({ logger: "console" }), /"logger" should be a logger/],
  ["no options of a runtime", () => runtime(null as never), /^createRuntime: the options should be an object/],
  ["an engine that is a list", () => runtime({ engine: [] }), /"engine" should be an object with optimize/],
  [
    "an engine of another speed",
    () => runtime({ engine: { optimize: "fast" } }),
    /"engine\.optimize" should be "maglev"/,
  ],
  [
    "a misspelt engine",
    () => runtime({ engine: { optimise: true } }),
    /there is no "optimise" in "engine"; did you mean/,
  ],
  ["walls that are text", () => runtime({ requireWalls: "network" }), /"requireWalls" should be a list of walls/],
  [
    "a wall that is none",
    () => runtime({ requireWalls: ["network", "moat"] }),
    /"requireWalls\[1\]" should be the name/,
  ],
  ["a hole in the walls", () => runtime({ requireWalls: [undefined] }), /"requireWalls\[0\]" is missing; it should be/],
  ["python of nothing", () => runtime({ python: 3 }), /"python" should be an object with globals or packages/],
  ["record of nothing", () => runtime({ record: null }), /^createRuntime: record: the options should be an object/],
  ["record that is false", () => runtime({ record: false }), /^createRuntime: record: the options should be/],
  ["record to a number", () => runtime({ record: { to: 5 } }), /record: "to" should be a folder, or a function/],
  [
    "a path that is none",
    () => runtime({ record: { to: "x", redact: ["a..b"] } }),
    /"redact\[0\]" should be a path into/,
  ],
];

describe("wrong options end in one sentence", () => {
  test.each(TABLE)("%s", async (_, call, says) => {
    const error = await Promise.resolve()
      .then(call)
      .then(
        () => null,
        (thrown: unknown) => thrown,
      );
    expect(error).toBeInstanceOf(TypeError);
    const { message, code } = error as OptionsError;
    expect(message).toMatch(says);
    expect(code).toMatch(/_INVALID$/);
    expect(message.split("\n")).toHaveLength(1);
    // And says which page has it, which it does.
    const page = / \((docs\/[a-z-]+\.md)\)\.$/.exec(message)?.[1] ?? "no page";
    const [, keys = ""] = /"([\w.[\]]+)"(?: in "\w+")?(?: is missing; it)? (?:should be|;)/.exec(message) ?? [];
    const [key = ""] = keys.split(/[.[]/);
    const isThere = textOf(page).includes(key);
    expect({ message, page, key: isThere ? key : "not on that page" }).toEqual({ message, page, key });
    expect(message).not.toContain(SECRET.slice(10, 30));
  });
});

/** "there is no "zzzz"; there are url, secrets, …" */
test.each<readonly [string, (of: object) => unknown, page: string]>([
  ["openHandoffs", handoffs, "docs/delivery.md"],
  [
    "openStorage",
    (of) => openStorage({ store: "memory:", schemas: [handoffSchema], ...of } as never),
    "docs/delivery.md",
  ],
  ["webhookProvider", webhook, "docs/delivery.md"],
  ["createReceiver", (of) => createReceiver({ secrets: [SECRET], ...of }), "docs/delivery.md"],
  ["twilioProvider", twilio, "docs/delivery.md"],
  [
    "livekitProvider",
    (of) => livekitProvider({ url: "https://x.example", apiKey: "k", apiSecret: "s", ...of }),
    "docs/delivery.md",
  ],
  ["telnyxProvider", (of) => telnyxProvider({ apiKey: "k", ...of }), "docs/delivery.md"],
  [
    "chatwootProvider",
    (of) => chatwootProvider({ url: "https://x.example", accountId: 1, apiAccessToken: "t", ...of }),
    "docs/delivery.md",
  ],
  ["consoleProvider", consoleProvider as (of: object) => unknown, "docs/delivery.md"],
  [
    "combineProviders",
    (of) => combineProviders({ handoffs: scriptedProvider({}), transfers: scriptedProvider({}), ...of }),
    "docs/delivery.md",
  ],
  ["createRuntime", runtime, "docs/embed.md"],
])("the page has every option of %s", async (_, call, page) => {
  const error: unknown = await Promise.try(call, { zzzz: 1 }).catch((thrown: unknown) => thrown);
  const [, names = ""] = /there is no "zzzz"; there are ([\w, ]+) \(/.exec((error as Error).message) ?? [];
  expect(names).not.toBe("");
  const text = textOf(page);
  expect(names.split(", ").filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test("methods of openHandoffs read what they are given, and a purge of nothing in particular erases nothing", async () => {
  await using opened = await openHandoffs({ store: "memory:" });
  const none = undefined as never;
  await expect(opened.canReply(none)).rejects.toThrow(/^canReply: the options should be an object/);
  await expect(opened.canReply({ tenant: "acme" } as never)).rejects.toThrow(/"conversationId" is missing/);
  await expect(opened.handBack({ tenant: 7, conversationId: "x" } as never)).rejects.toThrow(/"tenant" should be/);
  await expect(opened.getConversation({ tenant: "", conversationId: "x" })).rejects.toThrow(/"tenant" should be/);
  await expect(opened.purge({ tenant: "acme", conversationId: undefined } as never)).rejects.toThrow(
    /is there and undefined/,
  );
  await expect(opened.purge({ tenant: "acme", before: "2026-01-01" } as never)).rejects.toThrow(
    /"before" should be a Date/,
  );
  await expect(opened.reportTransfer({ intentId: "x", result: "busy" } as never)).rejects.toThrow(/"result" should be/);
  expect(() => opened.changes({ after: 7 } as never)).toThrow(/"after" should be a cursor/);
});

describe("policies of destinations fail closed", () => {
  test.each([
    ["undefined", undefined],
    ["null", null],
    ["another shape", { country: "US" }],
    ["a promise", Promise.resolve({})],
    ["text", "US"],
  ])("%s", (_, policy) => {
    expect(judgeDestination("+15551234567", policy as never)).toMatchObject({
      allowed: false,
      code: "DESTINATION_POLICY_INVALID",
    });
  });

  test.each([undefined, 911, "911", "", "+1", null])("a number that is none, %p", (number) => {
    expect(judgeDestination(number as never, {}).allowed).toBe(false);
  });

  test("UAN, the usual numbers of support desks, are allowed by default; premium, pager and personal numbers are not", () => {
    expect(judgeDestination("+49180112345", {})).toMatchObject({ allowed: false });
    expect(judgeDestination("+497001234567", {})).toMatchObject({ allowed: false });
    expect(judgeDestination("+551140044004", {}).allowed).toBe(true);
    expect(judgeDestination("+61131450", {}).allowed).toBe(
      judgeDestination("+61131450", { allowTypes: ["UAN"] }).allowed,
    );
  });
});
