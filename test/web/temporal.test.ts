/**
 * `Temporal` in an action, held to Node's own on generated inputs: V8's in a current Node, and in the oldest Node line that is supported,
 * where V8 has none, the polyfill's.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { afterAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { startBoth } from "./both.ts";
import type { GuestOptions } from "./both.ts";

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

const OLDEST = fileURLToPath(new URL("../../tools/node24/node_modules/.bin/node", import.meta.url));
const SCRIPT = fileURLToPath(new URL("in-guest.ts", import.meta.url));
// The packages that bring it exist for Linux alone.
const onOldest = existsSync(OLDEST) ? test : test.skip;

async function inOldestNode(lines: string, input: unknown, clock?: GuestOptions["clock"]): Promise<unknown> {
  const child = spawn(OLDEST, ["--no-warnings", SCRIPT], { stdio: "pipe" });
  child.stdin.end(JSON.stringify({ lines, input, ...(clock === undefined ? {} : { clock }) }));
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (out === "") throw new Error(errors);
  return JSON.parse(out) as unknown;
}

const ZONES = [
  "UTC",
  "America/New_York",
  "Europe/Berlin",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "+05:45",
];
// Years whose zone rules no release of the zone database changes any more.
const ms = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2022, 0, 1) });
const part = fc.integer({ min: -40, max: 400 });
const duration = fc.record({ years: fc.integer({ min: -3, max: 3 }), months: part, days: part, hours: part, minutes: part }, { requiredKeys: [] }); // prettier-ignore
const unit = fc.constantFrom("year", "month", "week", "day", "hour", "minute", "second", "nonsense");
const date = fc.tuple(fc.integer({ min: 1900, max: 2100 }), fc.nat(13), fc.nat(32)).map(([y, m, d]) => `${y}-${String(m).padStart(2, "0")}-${String(d).padStart(2, "0")}`); // prettier-ignore

/** Each with inputs and what is asked of them; whatever throws counts by its name. */
const AREAS: readonly (readonly [name: string, inputs: fc.Arbitrary<unknown>, lines: string])[] = [
  [
    "instants and zones",
    fc.tuple(ms, fc.constantFrom(...ZONES, "Nowhere/City")),
    `const i = Temporal.Instant.fromEpochMilliseconds(input[0]); const z = i.toZonedDateTimeISO(input[1]);
     return [i.toString(), z.toString(), z.offset, z.hoursInDay, z.dayOfWeek, z.weekOfYear, z.inLeapYear, z.startOfDay().toString(), String(z.getTimeZoneTransition("next")), z.toPlainDateTime().toString(), z.toInstant().epochMilliseconds === input[0]];`,
  ],
  [
    "arithmetic across clock changes",
    fc.tuple(ms, fc.constantFrom(...ZONES), duration, fc.constantFrom("constrain", "reject")),
    `const z = Temporal.Instant.fromEpochMilliseconds(input[0]).toZonedDateTimeISO(input[1]);
     return [z.add(input[2], { overflow: input[3] }).toString(), z.subtract(input[2], { overflow: input[3] }).toString(), Temporal.Duration.from(input[2]).negated().toString()];`,
  ],
  [
    "differences and rounding",
    fc.tuple(ms, ms, fc.constantFrom(...ZONES), unit, unit, fc.constantFrom("trunc", "halfExpand", "ceil", "floor")),
    `const [a, b] = [input[0], input[1]].map((ms) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(input[2])); const [,,, largestUnit, smallestUnit, roundingMode] = input;
     const attempt = (f) => { try { return String(f()); } catch (error) { return error.name; } };
     return [attempt(() => a.until(b, { largestUnit, smallestUnit, roundingMode })), attempt(() => a.since(b, { largestUnit })), attempt(() => a.round({ smallestUnit, roundingMode })),
       attempt(() => a.toPlainDate().until(b.toPlainDate(), { largestUnit })), attempt(() => a.until(b).round({ largestUnit, relativeTo: a })), attempt(() => a.until(b).total({ unit: smallestUnit, relativeTo: a }))];`,
  ],
  [
    "clock times that are skipped or come twice",
    fc.tuple(fc.constantFrom("2021-03-14", "2021-11-07", "2021-03-28", "2021-10-31", "2011-12-30"), fc.nat(23), fc.nat(59), fc.constantFrom(...ZONES), fc.constantFrom("compatible", "earlier", "later", "reject")),
    `const p = Temporal.PlainDateTime.from(input[0]).with({ hour: input[1], minute: input[2] });
     return [p.toZonedDateTime(input[3], { disambiguation: input[4] }).toString(), Temporal.PlainDate.from(input[0]).toZonedDateTime({ timeZone: input[3], plainTime: p.toPlainTime() }).toString()];`,
  ],
  [
    "dates, months and texts",
    fc.tuple(date, date, duration),
    `const attempt = (f) => { try { return String(f()); } catch (error) { return error.name; } }; const { from, compare } = Temporal.PlainDate;
     return [attempt(() => from(input[0])), attempt(() => from(input[0]).add(input[2])), attempt(() => compare(input[0], input[1])), attempt(() => from(input[0]).toPlainYearMonth().daysInMonth),
       attempt(() => from(input[0]).toPlainMonthDay().toPlainDate({ year: 2023 })), attempt(() => from(input[0]).equals(input[1])), attempt(() => JSON.stringify({ d: from(input[0]) })), attempt(() => from(input[0]).dayOfYear), attempt(() => from(input[0]) < 1)];`,
  ],
  [
    "parsing",
    fc.oneof(date, fc.constantFrom("2020-02-30", "2020-01-01T25:00", "2020-01-01T00:00Z", "2020-01-01T00:00:00+01:00[Europe/Berlin]", "2020-01-01T00:00[Europe/Berlin]", "P1Y2M3DT4H5.5S", "PT", "-P1W", "12:30", "T12", "2020-W01", "", "now", "2016-12-31T23:59:60Z", "+275760-09-13", "-271821-04-19", "2020-01-01[u-ca=gregory]")),
    `return ["Instant", "PlainDate", "PlainTime", "PlainDateTime", "ZonedDateTime", "Duration", "PlainYearMonth", "PlainMonthDay"].map((name) => { try { return Temporal[name].from(input).toString(); } catch (error) { return error.name; } });`,
  ],
]; // prettier-ignore

/** All inputs of one area in one run. */
const overAll = (lines: string): string =>
  `const out = []; for (const one of input) { try { out.push(((input) => { ${lines} })(one)); } catch (error) { out.push({ threw: error.name }); } } return out;`;

function expectSame(samples: readonly unknown[], given: unknown, right: unknown): void {
  const differing = samples.flatMap((input, at) => {
    const [guest, node] = [(given as unknown[])[at], (right as unknown[])[at]];
    return isDeepStrictEqual(guest, node) ? [] : [{ input, guest, node }];
  });
  expect(differing.slice(0, 3)).toEqual([]);
  expect((right as unknown[]).filter((result) => JSON.stringify(result).length > 30).length).toBeGreaterThan(20);
}

describe("Temporal", () => {
  test.each(AREAS)("%s: as Node's own", async (_name, inputs, lines) => {
    const samples = fc.sample(inputs, { numRuns: 250, seed: 20_261_122 });
    expectSame(samples, await both.inGuest(overAll(lines), samples), await both.inNode(overAll(lines), samples));
  });

  onOldest(
    "all of it in the oldest Node line, by the polyfill, as a current Node's own",
    async () => {
      expect(await inOldestNode(`return [typeof Temporal, "Temporal" in globalThis];`, null)).toEqual(["object", true]);
      const asked = AREAS.map(([, inputs, lines]) => ({
        lines: overAll(lines),
        samples: fc.sample(inputs, { numRuns: 120, seed: 20_261_122 }),
      }));
      const all = `return [${asked.map(({ lines }, at) => `((input) => { ${lines} })(input[${at}])`).join()}];`;
      const given = (await inOldestNode(all, asked.map(({ samples }) => samples))) as unknown[]; // prettier-ignore
      for (const [at, { lines, samples }] of asked.entries()) expectSame(samples, given[at], await both.inNode(lines, samples)); // prettier-ignore
    },
    60_000,
  );

  const CLOCK = { now: "2026-03-08T06:59:59.500Z", seed: "s" };
  const NOW = `const at = () => [Temporal.Now.instant().toString(), Temporal.Now.timeZoneId(), Temporal.Now.zonedDateTimeISO("America/New_York").toString(),
      Temporal.Now.plainDateISO("Asia/Kolkata").toString(), Temporal.Now.plainDateTimeISO().toString(), Temporal.Now.plainTimeISO("UTC").toString(), new Date().toISOString()];
    const first = at(); await new Promise((done) => setTimeout(done, 20)); return [first, at()];`; // prettier-ignore
  const EXPECTED = [500, 520].map((ms) => [
    `2026-03-08T06:59:59.${ms === 500 ? "5" : "52"}Z`, "UTC", `2026-03-08T01:59:59.${ms === 500 ? "5" : "52"}-05:00[America/New_York]`, "2026-03-08",
    `2026-03-08T06:59:59.${ms === 500 ? "5" : "52"}`, `06:59:59.${ms === 500 ? "5" : "52"}`, `2026-03-08T06:59:59.${ms}Z`,
  ]); // prettier-ignore

  test("reads the clock of the run", async () => {
    expect(await both.inGuest(NOW, null, { clock: CLOCK })).toEqual(EXPECTED);
  });

  onOldest("reads the clock of the run in the oldest Node line too", async () => {
    expect(await inOldestNode(NOW, null, CLOCK)).toEqual(EXPECTED);
  });
});

describe("the oldest Node line", () => {
  onOldest("has every other global, and they work", async () => {
    const lines = `
      const text = async (stream) => new Response(stream).text();
      const packed = new Blob(["hello"]).stream().pipeThrough(new CompressionStream("gzip"));
      const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]);
      const signed = await crypto.subtle.sign("HMAC", key, new Uint8Array(3));
      const form = new FormData(); form.append("a", new File(["x"], "f.txt"));
      return [await text(packed.pipeThrough(new DecompressionStream("gzip"))), new URLPattern({ pathname: "/:id" }).exec("https://a.example/5").pathname.groups.id,
        new URL("../b?c#d", "https://é.example/x/y").href, structuredClone(new Map([[1, new Set([2])]])).get(1).has(2), signed.byteLength, atob(btoa("x")),
        new TextDecoder("shift_jis").decode(new Uint8Array([0x83, 0x65])), (await new Response(form).formData()).get("a").name, AbortSignal.abort().aborted,
        typeof performance.now(), navigator.userAgent, new Headers([["A", "b"]]).get("a"), crypto.randomUUID().length];`;
    const expected = ["hello", "5", "https://xn--9ca.example/b?c#d", true, 32, "x", "テ", "f.txt", true, "number", "baton-runtime", "b", 36]; // prettier-ignore
    expect(await inOldestNode(lines, null)).toEqual(expected);
    expect(await both.inGuest(lines)).toEqual(expected);
  });
});
