/**
 * The usual snippet of each package: what its own page shows first. Each is a module with a default export that gets the address of a small server and
 * gives something that JSON carries.
 */
export interface Snippet {
  readonly packages: readonly string[];
  readonly source: string;
}

const of = (name: string, source: string): Snippet => ({ packages: [name], source });

/** `args.url` answers every request with what it was sent, as JSON. */
export const SNIPPETS: readonly Snippet[] = [
  of(
    "date-fns",
    `import { addDays, format, formatDistance, parseISO } from "date-fns"; export default () => { const d = parseISO("2026-02-03T04:05:06Z"); return [format(addDays(d, 30), "yyyy-MM-dd EEEE"), formatDistance(d, addDays(d, 3)), format(d, "PPPP")]; };`,
  ),
  of(
    "lodash-es",
    `import { chunk, debounce, groupBy, merge, template, uniqBy } from "lodash-es"; export default () => [chunk([1, 2, 3], 2), groupBy([1.2, 1.8, 2.1], Math.floor), merge({ a: { b: 1 } }, { a: { c: 2 } }), uniqBy([{ x: 1 }, { x: 1 }], "x"), template("hello <%= user %>")({ user: "fred" }), typeof debounce];`,
  ),
  of(
    "lodash",
    `import _ from "lodash"; export default () => [_.chunk([1, 2, 3], 2), _.camelCase("foo bar"), _.get({ a: [{ b: 3 }] }, "a[0].b"), _.isEqual(new Map([[1, 2]]), new Map([[1, 2]])), _.cloneDeep({ d: new Date(0) })];`,
  ),
  of(
    "zod",
    `import { z } from "zod"; export default () => { const s = z.object({ email: z.email(), age: z.number().min(18).optional() }); const bad = s.safeParse({ email: "x", age: 3 }); return [s.parse({ email: "a@b.co" }), bad.success, bad.error.issues.map((i) => [i.path, i.code, i.message]), z.toJSONSchema(s)]; };`,
  ),
  of(
    "valibot",
    `import * as v from "valibot"; export default () => { const s = v.object({ email: v.pipe(v.string(), v.email()) }); return [v.parse(s, { email: "a@b.co" }), v.safeParse(s, { email: "x" }).issues.map((i) => i.message)]; };`,
  ),
  of(
    "yup",
    `import * as yup from "yup"; export default async () => { const s = yup.object({ name: yup.string().required(), age: yup.number().positive().integer() }); return [await s.validate({ name: "a", age: "3" }), await s.validate({ age: -1 }, { abortEarly: false }).catch((e) => [e.name, e.errors])]; };`,
  ),
  of(
    "ajv",
    `import { Ajv } from "ajv"; export default () => { try { const v = new Ajv().compile({ type: "object", properties: { a: { type: "integer" } }, required: ["a"] }); return [v({ a: 1 }), v({}), v.errors]; } catch (e) { return e.message; } };`,
  ),
  of(
    "stripe",
    `import Stripe from "stripe"; export default async ({ url }) => { const { hostname, port } = new URL(url); const stripe = new Stripe("sk_test_x", { host: hostname, port, protocol: "http", maxNetworkRetries: 0, httpClient: Stripe.createFetchHttpClient() }); const c = await stripe.customers.create({ email: "a@b.co", metadata: { order: "7" } }); return [c.method, c.path, c.body]; };`,
  ),
  of(
    "openai",
    `import OpenAI from "openai"; export default async ({ url }) => { const client = new OpenAI({ apiKey: "k", baseURL: url, maxRetries: 0, dangerouslyAllowBrowser: true }); const r = await client.chat.completions.create({ model: "m", messages: [{ role: "user", content: "hi" }] }); return [r.method, r.path, r.body]; };`,
  ),
  of(
    "axios",
    `import axios from "axios"; export default async ({ url }) => { const r = await axios.post(url + "/x", { a: 1 }, { params: { q: "ä" }, adapter: "fetch" }); const e = await axios.get(url + "/status/404", { adapter: "fetch" }).catch((error) => [error.name, error.code, error.response.status]); return [r.status, r.data.method, r.data.path, r.data.body, e]; };`,
  ),
  of(
    "ky",
    `import ky from "ky"; export default async ({ url }) => [await ky.post(url + "/x", { json: { a: 1 } }).json().then(({ method, path, body }) => [method, path, body]), await ky.get(url + "/status/404").catch((e) => [e.name, e.response.status])];`,
  ),
  of(
    "cross-fetch",
    `import fetch from "cross-fetch"; export default async ({ url }) => { const r = await fetch(url + "/x", { method: "POST", body: "abc" }); const { method, body } = await r.json(); return [r.status, method, body]; };`,
  ),
  of(
    "p-retry",
    `import pRetry from "p-retry"; export default async ({ url }) => { let tries = 0; const gone = await pRetry(() => { tries++; return fetch("http://127.0.0.1:9/"); }, { retries: 2, minTimeout: 1 }).catch((e) => [e.name, e.message]); return [tries, gone, await pRetry(async () => (await fetch(url)).status, { retries: 1 })]; };`,
  ),
  of(
    "luxon",
    `import { DateTime, Duration, Interval } from "luxon"; export default () => { const d = DateTime.fromISO("2026-03-29T01:30:00", { zone: "Europe/Berlin" }); return [d.plus({ hours: 1 }).toISO(), d.toLocaleString(DateTime.DATETIME_FULL), d.setLocale("de").toFormat("cccc d LLLL"), Duration.fromObject({ hours: 26 }).toHuman(), Interval.after(d, { days: 2 }).toISO()]; };`,
  ),
  of(
    "dayjs",
    `import dayjs from "dayjs"; import utc from "dayjs/plugin/utc.js"; import timezone from "dayjs/plugin/timezone.js"; export default () => { dayjs.extend(utc); dayjs.extend(timezone); const d = dayjs.utc("2026-02-03T04:05:06Z"); return [d.format("YYYY-MM-DD HH:mm"), d.tz("America/New_York").format(), d.add(1, "month").toISOString()]; };`,
  ),
  of(
    "cheerio",
    `import * as cheerio from "cheerio"; export default () => { const $ = cheerio.load("<ul><li class=a>1 &amp; &eacute;</li><li>2</li></ul>"); $("li.a").addClass("b").text("x & y"); return [$("li").map((i, e) => $(e).text()).get(), $.html()]; };`,
  ),
  of(
    "sanitize-html",
    `import sanitize from "sanitize-html"; export default () => [sanitize('<p onclick="x">a<script>1</script><a href="javascript:1">b</a></p>'), sanitize("<b>x</b>", { allowedTags: [] })];`,
  ),
  of(
    "html-to-text",
    `import { convert } from "html-to-text"; export default () => convert('<h1>Hi</h1><p>a &lt; b</p><ul><li>1<li>2</ul><a href="http://x.y">z</a>', { wordwrap: 40 });`,
  ),
  of(
    "marked",
    `import { marked } from "marked"; export default () => marked.parse("# Hi\\n\\n- a\\n- **b** \\\`c\\\`\\n\\n| x | y |\\n|---|---|\\n| 1 | 2 |");`,
  ),
  of(
    "fast-xml-parser",
    `import { XMLBuilder, XMLParser } from "fast-xml-parser"; export default () => { const o = new XMLParser({ ignoreAttributes: false }).parse('<a b="1"><c>x</c><c>2</c></a>'); return [o, new XMLBuilder({ ignoreAttributes: false }).build(o)]; };`,
  ),
  of(
    "papaparse",
    `import Papa from "papaparse"; export default () => [Papa.parse('a,b\\n1,"x, y"\\n', { header: true, dynamicTyping: true }).data, Papa.unparse([{ a: 1, b: "x;y" }])];`,
  ),
  of(
    "js-yaml",
    `import * as yaml from "js-yaml"; export default () => [yaml.load("a: 1\\nb: [x, 2026-01-01]\\nc: |\\n  text\\n"), yaml.dump({ a: [1, { b: null }] })];`,
  ),
  of(
    "qs",
    `import qs from "qs"; export default () => [qs.parse("a[b][]=1&a[b][]=2&c=%20"), qs.stringify({ a: { b: ["c", "d"] } }, { arrayFormat: "brackets" })];`,
  ),
  of(
    "jose",
    `import { SignJWT, jwtVerify, decodeJwt } from "jose"; export default async () => { const key = new TextEncoder().encode("a secret of at least 32 bytes, yes"); const jwt = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: "HS256" }).setIssuedAt(1).setExpirationTime(4e9).sign(key); return [jwt, (await jwtVerify(jwt, key)).payload, decodeJwt(jwt), await jwtVerify(jwt + "x", key).catch((e) => e.code)]; };`,
  ),
  of(
    "uuid",
    `import { v4, v5, v7, validate, version } from "uuid"; export default () => [validate(v4()), version(v7()), v5("hello", v5.URL), v5("hello", v5.DNS)];`,
  ),
  of(
    "nanoid",
    `import { customAlphabet, nanoid } from "nanoid"; export default () => [nanoid().length, /^[ab]{10}$/.test(customAlphabet("ab", 10)())];`,
  ),
  of(
    "slugify",
    `import slugify from "slugify"; export default () => [slugify("Déjà Vu! & more"), slugify("Some Thing", { lower: true, replacement: "_" })];`,
  ),
  of("ms", `import ms from "ms"; export default () => [ms("2 days"), ms(60000, { long: true }), ms("1y")];`),
  of(
    "validator",
    `import validator from "validator"; export default () => [validator.isEmail("a@b.co"), validator.isIBAN("DE89370400440532013000"), validator.isCreditCard("4111111111111111"), validator.escape("<a>"), validator.isMobilePhone("+4915112345678", "de-DE")];`,
  ),
  of(
    "libphonenumber-js",
    `import { parsePhoneNumberFromString } from "libphonenumber-js"; export default () => { const p = parsePhoneNumberFromString("030 123456", "DE"); return [p.number, p.formatInternational(), p.isValid(), p.country]; };`,
  ),
  of(
    "decimal.js",
    `import Decimal from "decimal.js"; export default () => [new Decimal("0.1").plus("0.2").toString(), new Decimal(2).sqrt().toFixed(30), Decimal.max(1, "3").toNumber()];`,
  ),
  of(
    "mustache",
    `import Mustache from "mustache"; export default () => Mustache.render("{{#list}}<{{name}}>{{/list}}{{^none}}no{{/none}}", { list: [{ name: "a&b" }, { name: "c" }] });`,
  ),
  of(
    "handlebars",
    `import Handlebars from "handlebars"; export default () => { try { return Handlebars.compile("Hi {{name}} {{#each list}}{{@index}}:{{this}} {{/each}}")({ name: "<x>", list: [1, 2] }); } catch (e) { return e.message; } };`,
  ),
  of(
    "semver",
    `import semver from "semver"; export default () => [semver.satisfies("1.2.3", "^1.0.0"), semver.inc("1.2.3", "minor"), semver.coerce("v2").version, semver.rcompare("1.0.0", "2.0.0")];`,
  ),
  of(
    "immer",
    `import { produce } from "immer"; export default () => { const a = { list: [1], x: { y: 1 } }; const b = produce(a, (d) => { d.list.push(2); }); return [a, b, a.x === b.x, Object.isFrozen(b)]; };`,
  ),
  of(
    "ramda",
    `import * as R from "ramda"; export default () => [R.pipe(R.map(R.add(1)), R.filter(R.gt(3)))([0, 1, 2, 3]), R.groupBy(R.length, ["a", "bb", "c"]), R.assocPath(["a", "b"], 1, {})];`,
  ),
  of(
    "he",
    `import he from "he"; export default () => [he.encode("foo © bar ≠ 𝌆"), he.decode("&eacute;&#x1D306;&lt;")];`,
  ),
  of(
    "fuse.js",
    `import Fuse from "fuse.js"; export default () => new Fuse([{ t: "Old Man's War" }, { t: "The Lock Artist" }], { keys: ["t"], includeScore: true }).search("lock artst").map(({ item, refIndex }) => [item, refIndex]);`,
  ),
];
