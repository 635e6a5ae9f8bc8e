/** Reads what Twilio posts to the `action` URL once a dial is over: signed by Twilio, and about one of our intents. */
import { createHmac, timingSafeEqual } from "node:crypto";

export interface DialReport {
  readonly intentId: string;
  readonly result: "answered" | "failed";
  /** With `failed`: "dial_busy", "dial_no-answer", "dial_failed", "dial_canceled". */
  readonly code?: string;
}

/** Null: not from Twilio, or not about a dial. Give the report to `reportTransfer`, and answer with TwiML, `<Response/>` at least. */
export function readDialResult(request: {
  /** The whole URL that Twilio called, with its query. */
  readonly url: string;
  /** Form fields of the body. */
  readonly form: Readonly<Record<string, string>>;
  /** The header X-Twilio-Signature. */
  readonly signature: string;
  readonly authToken: string;
}): DialReport | null {
  const { url, form, signature, authToken } = request;
  const signed =
    url +
    Object.keys(form)
      .sort()
      .map((name) => name + form[name])
      .join("");
  const expected = createHmac("sha1", authToken).update(signed).digest();
  const given = Buffer.from(signature, "base64");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const intentId = new URL(url).searchParams.get("intent");
  const status = form["DialCallStatus"];
  if (intentId === null || status === undefined) return null;
  if (status === "completed" || status === "answered") return { intentId, result: "answered" };
  return { intentId, result: "failed", code: `dial_${status}` };
}
