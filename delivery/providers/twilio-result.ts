/** Reads what Twilio posts to the `action` URL once a dial is over: signed by Twilio, and about one of our intents. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { parse, stringify } from "node:querystring";
import { z } from "zod";
import { baseUrl } from "../../base/base-url.ts";
import { readGiven } from "../given.ts";
import { tokenSchema } from "./transport.ts";

export interface DialReport {
  readonly intentId: string;
  readonly result: "answered" | "failed";
  /** With `failed`: "dial_busy", "dial_no-answer", "dial_failed", "dial_canceled". */
  readonly code?: string;
}

export interface DialResultRequest {
  /** The URL that was called, with its query; its path and query are enough beside `publicUrl`. */
  readonly url: string;
  /** Where a proxy changes scheme, host or path: the address at which Twilio reaches this service, "https://bot.example" or all of it. */
  readonly publicUrl?: string;
  /** Form fields of the body, or the body itself. */
  readonly form: string | Uint8Array | URLSearchParams | Readonly<Record<string, unknown>>;
  /** The header X-Twilio-Signature. */
  readonly signature: string | readonly string[] | undefined;
  /** The account's auth token, also where requests are made with an API key; two while the token changes. */
  readonly authToken: string | readonly string[];
}

const TOKEN = "the account's auth token";
const optionsSchema = z.strictObject({
  authToken: z.union([tokenSchema(TOKEN), z.array(tokenSchema(TOKEN)).min(1)], `${TOKEN}, or a list of them`),
  publicUrl: z
    .string("an absolute URL")
    .refine((url) => URL.canParse(url), "an absolute URL")
    .optional(),
});

/** Null: not from Twilio, or not about a dial. Give the report to `reportTransfer`, and answer with TwiML, `<Response/>` at least. */
export function readDialResult(request: DialResultRequest): DialReport | null {
  const given = request ?? ({} as Partial<DialResultRequest>);
  const { authToken, publicUrl } = readGiven(
    optionsSchema,
    { authToken: given.authToken, ...(given.publicUrl === undefined ? {} : { publicUrl: given.publicUrl }) },
    "readDialResult",
  );
  const { url, signature } = given;
  const form = fieldsOf(given.form);
  const header: unknown = Array.isArray(signature) ? signature[0] : signature;
  if (typeof url !== "string" || typeof header !== "string" || form === null) return null;
  const tokens = typeof authToken === "string" ? [authToken] : authToken;
  const called = addressesOf(url, publicUrl).find((address) =>
    spellings(address).some((spelling) => tokens.some((token) => isSigned(token, header, spelling, form))),
  );
  return called === undefined ? null : reportOf(new URL(called), form);
}

type Fields = Readonly<Record<string, string | readonly string[]>>;

function reportOf(called: URL, form: Fields): DialReport | null {
  const intentId = called.searchParams.get("intent");
  const status = form["DialCallStatus"];
  if (intentId === null || typeof status !== "string") return null;
  if (status === "completed" || status === "answered") return { intentId, result: "answered" };
  return FAILED_DIALS.has(status) ? { intentId, result: "failed", code: `dial_${status}` } : null;
}

/** Twilio's states of a child call that was not answered. */
export const FAILED_DIALS: ReadonlySet<string> = new Set(["busy", "no-answer", "failed", "canceled"]);

/** Addresses that Twilio may have called, as far as the host knows; its signature says which. */
function addressesOf(url: string, publicUrl: string | undefined): string[] {
  const found: string[] = [];
  if (URL.canParse(url)) found.push(url);
  if (publicUrl !== undefined) {
    const base = new URL(publicUrl);
    const rest = URL.canParse(url) ? url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "") : url;
    const query = rest.includes("?") ? rest.slice(rest.indexOf("?")) : "";
    const path = baseUrl(base.pathname);
    if (base.search !== "") found.push(publicUrl);
    found.push(base.origin + path + (rest.startsWith("/") ? rest : `/${rest}`));
    if (path !== "") found.push(base.origin + base.pathname + query);
  }
  return found.filter((address) => URL.canParse(address));
}

/** As Twilio's own library tries them: as received and as `URL` writes it, with and without the port, with the older escapes of a query. */
function spellings(address: string): string[] {
  const normal = new URL(address).toString();
  const both = (each: string): string[] => [withoutPort(each), withPort(each)];
  return [...both(address), ...both(normal), ...both(normal).map(olderQuery)];
}

const PARTS = /^([a-z][a-z0-9+.-]*:\/\/)((?:[^/?#]*@)?)(\[[^\]]*\]|[^/?#:@]*)(?::(\d*))?/i;

function withoutPort(url: string): string {
  return url.replace(PARTS, (_, scheme: string, user: string, host: string) => scheme + user + host);
}

function withPort(url: string): string {
  return url.replace(PARTS, (all, scheme: string, user: string, host: string, port: string | undefined) =>
    port ? all : `${scheme}${user}${host}:${scheme.toLowerCase() === "https://" ? 443 : 80}`,
  );
}

function olderQuery(url: string): string {
  const at = url.indexOf("?");
  return at === -1 || at === url.length - 1 ? url : `${url.slice(0, at)}?${stringify(parse(url.slice(at + 1)))}`;
}

function isSigned(token: string, signature: string, url: string, form: Fields): boolean {
  const content = Object.keys(form)
    .toSorted()
    .map((name) => fieldText(name, form[name] ?? ""))
    .join("");
  const expected = createHmac("sha1", token)
    .update(url + content)
    .digest("base64");
  const [own, given] = [Buffer.from(expected), Buffer.from(signature)];
  return own.length === given.length && timingSafeEqual(own, given);
}

/** A field that was sent several times counts with each value once. */
function fieldText(name: string, value: string | readonly string[]): string {
  if (typeof value === "string") return name + value;
  return [...new Set(value)]
    .toSorted()
    .map((one) => name + one)
    .join("");
}

function fieldsOf(form: unknown): Fields | null {
  if (typeof form === "string") return fieldsOf(new URLSearchParams(form));
  if (typeof form !== "object" || form === null) return null;
  if (ArrayBuffer.isView(form)) return fieldsOf(Buffer.from(form.buffer, form.byteOffset, form.byteLength).toString());
  if (form instanceof URLSearchParams) {
    const names = [...new Set(form.keys())];
    return Object.fromEntries(names.map((name) => [name, single(form.getAll(name))]));
  }
  const fields = Object.entries(form);
  const isField = (value: unknown): boolean =>
    typeof value === "string" || (Array.isArray(value) && value.every((one) => typeof one === "string"));
  return fields.every(([, value]) => isField(value)) ? (Object.fromEntries(fields) as Fields) : null;
}

const single = (values: readonly string[]): string | readonly string[] =>
  values.length === 1 ? (values[0] as string) : values;
