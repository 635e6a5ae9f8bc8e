// Values of every length, sought as they stand and cut anywhere, against a search that looks at every place of the text.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createSlices } from "../../../base/slices.ts";
import { type Redactor, createRedactor, createTextRedactor } from "../../../host-api/secrets/redact.ts";

/** Beyond this the automaton knows a value's beginning alone. */
const SOUGHT = 512;
const letters = (most: number, alphabet = ["a", "b"]) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: most }).map((all) => all.join(""));

/** Values made of blocks that occur in each other, and texts of their beginnings and ends. */
const cases = fc
  .tuple(
    letters(SOUGHT + 40, ["a", "b", "c"]),
    letters(700),
    letters(8),
    fc.nat({ max: 1_200 }),
    fc.infiniteStream(fc.nat()),
  )
  .map(([first, second, third, many, numbers]) => {
    const next = (below: number): number => (numbers.next().value as number) % below;
    const blocks = [first, second, third, "a".repeat(many + 1), first.repeat(3).slice(0, SOUGHT), "n".repeat(SOUGHT)];
    const block = (): string => blocks[next(blocks.length)]!;
    const values = Array.from({ length: 1 + next(4) }, () => [block(), block(), block()].slice(next(3)).join(""));
    const parts = Array.from({ length: 6 }, () => {
      const value = values[next(values.length)]!;
      return [value, value.slice(0, next(value.length)), value.slice(next(value.length)), block(), "z"][next(5)]!;
    });
    return { values, text: parts.join(""), cuts: Array.from({ length: 40 }, () => 1 + next([2, 90, 800][next(3)]!)) };
  });

/** How many characters of a text are in no value. */
function outside(text: string, values: readonly string[]): number {
  const inside = new Uint8Array(text.length);
  for (const value of values)
    for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1))
      inside.fill(1, at, at + value.length);
  return inside.reduce((sum, one) => sum + 1 - one, 0);
}

function streamed({ stream }: Pick<Redactor, "stream">, text: string, cuts: readonly number[]): string {
  const filter = stream();
  const out: Uint8Array[] = [];
  let at = 0;
  for (let cut = 0; at < text.length; at += cuts[cut++ % cuts.length]!)
    out.push(filter.push(Buffer.from(text.slice(at, at + cuts[cut % cuts.length]!))));
  return Buffer.concat([...out, filter.end()]).toString();
}

function expectClean(out: string, text: string, values: readonly string[]): void {
  const left = out.replaceAll("[redacted]", "|");
  expect(values.filter((value) => left.includes(value))).toEqual([]);
  expect(out.split("[redacted]").join("").length).toBeLessThanOrEqual(outside(text, values));
}

const secretsOf = (values: readonly string[]): Redactor =>
  createRedactor(Object.fromEntries(values.map((value, at) => [`s${at}`, { value, hosts: [] }])));

describe("nothing of a value is left", () => {
  test("of secrets and of texts that a host named, whole or in a stream", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ values, text, cuts }) => {
        for (const redactor of [secretsOf(values), await createTextRedactor(values, createSlices())]) {
          const whole = redactor.text(text);
          expectClean(whole, text, values);
          expect(streamed(redactor, text, cuts)).toBe(whole);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("in a head, whatever its case", () => {
    fc.assert(
      fc.property(cases, ({ values, text }) => {
        const mixed = text.replaceAll(/[a-m]/g, (letter, at: number) => (at % 3 === 0 ? letter.toUpperCase() : letter));
        expectClean(secretsOf(values).head(mixed).toLowerCase(), text, values);
      }),
      { numRuns: 60 },
    );
  });

  test("of a long value that no other value's characters are in, behind its beginning", () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".repeat(30)}\n-----END PRIVATE KEY-----`;
    expect(secretsOf([key]).text(`a ${key} b`)).toBe("a [redacted] b");
    expect(secretsOf([key]).text(`a ${key.slice(0, -1)}! b`)).toBe("a [redacted]! b");
    expect(streamed(secretsOf([key]), `a ${key} b`, [7])).toBe("a [redacted] b");
    const encoded = Buffer.from(`x${key}`).toString("base64");
    expect(secretsOf([key]).text(encoded)).not.toContain(encoded.slice(900, 940));
  });

  test("of hundreds of values that begin alike, in no more time than their texts take", async () => {
    const base = "abcdefghij".repeat(60);
    const values = Array.from({ length: 1_000 }, (_, at) => `${base}${String(at).padStart(4, "0")}`);
    const redactor = await createTextRedactor(values, createSlices());
    expect(redactor.text(`${values[7]}|${values[999]}|${base}x`)).toBe("[redacted]|[redacted]|[redacted]x");
    const timed = (search: Pick<Redactor, "text">): number => {
      const before = process.threadCpuUsage();
      for (let time = 0; time < 5; time++) search.text(base.repeat(80));
      const { user, system } = process.threadCpuUsage(before);
      return user + system;
    };
    const few = await createTextRedactor(values.slice(0, 2), createSlices());
    timed(few);
    expect(timed(redactor)).toBeLessThan(20 * (timed(few) + 5_000));
  });

  test("of thousands of values with more branches than a small table holds", async () => {
    const values = Array.from({ length: 3_000 }, (_, at) => `k${String.fromCodePoint(0x100 + (at % 1_500))}${at}${"x".repeat(at % 5)}`);
    const redactor = await createTextRedactor(values, createSlices());
    for (const some of [values, values.toReversed()]) {
      const text = some.join(" ");
      expect(redactor.text(text)).toBe(some.map(() => "[redacted]").join(" "));
      expect(streamed(redactor, text, [1, 5, 64])).toBe(redactor.text(text));
    }
  });
}); // prettier-ignore
