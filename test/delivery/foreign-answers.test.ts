// Between a carrier and this side stand proxies, portals and gateways, whose pages come with any status. What they say is not the carrier's word.
import { describe, expect, test } from "@jest/globals";
import {
  combineProviders,
  consoleProvider,
  livekitProvider,
  telnyxProvider,
  twilioProvider,
  webhookProvider,
  type Provider,
  type Send,
  type TransferRequest,
} from "../../delivery/index.ts";
import { ACCOUNT, callSid, TOKEN } from "./twilio-fake.ts";

const never = new AbortController().signal;
const page = (status: number, body = "<html>Please sign in</html>", type = "text/html"): Send => async () => ({
  status,
  headers: { "content-type": type },
  body,
}); // prettier-ignore

const request = (call: TransferRequest["call"]): TransferRequest => ({
  intentId: "intent",
  tenant: "acme",
  conversationId: "conversation",
  epoch: 0,
  executionId: "execution",
  reason: null,
  code: null,
  call,
  phoneDestination: "+15551234567",
  recordedAt: "2026-01-01T00:00:00.000Z",
  // Long enough for any provider to call it settled.
  ageMs: 3_600_000,
  sentAt: "2026-01-01T01:00:00.000Z",
  attempt: 1,
});

type Carrier = readonly [name: string, open: (send: Send) => Provider, call: TransferRequest["call"]];
const CARRIERS: readonly Carrier[] = [
  [
    "twilio",
    (send) => twilioProvider({ accountSid: ACCOUNT, authToken: TOKEN, send }),
    { id: callSid("1"), provider: "twilio" },
  ],
  ["telnyx", (send) => telnyxProvider({ apiKey: "KEY", connectionId: "1", send }), { id: "v3:x", provider: "telnyx" }],
  [
    "livekit",
    (send) => livekitProvider({ url: "https://x.example", apiKey: "k", apiSecret: "s", send }),
    { id: "caller", provider: "livekit", room: "room" },
  ],
];

describe.each(CARRIERS)("%s", (_, open, call) => {
  test.each([
    ["a page", "<html>Please sign in</html>"],
    ["nothing at all", ""],
    ["half of a JSON text", '{"data":{"resu'],
  ])("a transfer that is answered with 200 and %s as text/html may have happened", async (__, body) => {
    expect(await open(page(200, body)).transfer?.(request(call), never)).toMatchObject({ type: "unknown" });
  });

  test.each([
    ["200 and a page", page(200)],
    ["200 and nothing", page(200, "")],
    ["200 and half of a JSON text", page(200, '{"data":{"is_al', "application/json")],
    ["200 and a list", page(200, "[]", "application/json")],
    ["204", page(204, "")],
    ["302 and a page", page(302)],
    ["404 and a page", page(404)],
    ["404 and another's JSON", page(404, '{"message":"no Route matched with those values"}', "application/json")],
    ["410 and a page", page(410)],
    ["503 and a page", page(503)],
  ])("of what came of a transfer %s says nothing", async (__, send) => {
    expect(await open(send).reconcile?.(request(call), never)).toMatchObject({ type: "unknown" });
  });

  test.each([408, 500, 502, 503, 504, 524])("a transfer that is answered with %s may have happened", async (status) => {
    expect(await open(page(status)).transfer?.(request(call), never)).toMatchObject({ type: "unknown" });
  });

  test.each([301, 307, 400, 401, 403, 404, 405, 410, 413, 425, 429])(
    "a transfer that is answered with %s surely did not",
    async (status) => {
      expect(await open(page(status)).transfer?.(request(call), never)).toMatchObject({ type: "refused" });
    },
  );
});

test("two providers as one share the places of the desk's endpoint", () => {
  const desk = webhookProvider({ url: "https://desk.example/hooks", secrets: [`whsec_${btoa("k".repeat(32))}`] });
  expect(combineProviders({ handoffs: desk, transfers: consoleProvider() }).endpoint).toBe("https://desk.example");
});
