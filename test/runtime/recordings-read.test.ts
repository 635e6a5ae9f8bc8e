// A recording may be long, forged or both: reading it holds nothing up, and what is taken out of it is out in every form.
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createSlices } from "../../base/slices.ts";
import { NO_REDACTION } from "../../host-api/fetch/index.ts";
import { readPath } from "../../runtime/journal/paths.ts";
import { Joined, split } from "../../runtime/journal/pieces.ts";
import { readGiven } from "../../runtime/journal/reading.ts";
import type { Recording } from "../../runtime/journal/recording.ts";
import { redactRecording } from "../../runtime/journal/redact.ts";

const joined = (value: unknown): unknown => {
  const made = new Joined();
  for (const piece of split(value)) made.add(structuredClone(piece));
  return made.value;
};

test("a value in pieces is the same value, its keys in their order, and no piece is large", () => {
  const long = fc
    .constantFrom(0, 9_000, 20_000)
    .chain((length) =>
      fc.jsonValue({ maxDepth: 3 }).map((one) => (length === 0 ? one : Array.from({ length }, () => one))),
    );
  const keyed = fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__")), long, { maxKeys: 4 });
  fc.assert(
    fc.property(fc.oneof(long, keyed, fc.array(keyed, { maxLength: 3 })), (value) => {
      expect(JSON.stringify(joined(value))).toBe(JSON.stringify(value));
      // Eight thousand values, and the last of them may be a text of any length.
      for (const piece of split(value)) expect(JSON.stringify(piece).split(/[,[{]/).length).toBeLessThan(30_000);
    }),
    { numRuns: 40 },
  );
});

test("a long text holds the event loop for a fraction of what reading it takes, and its mistake is named", async () => {
  const text = `{"recording":1,"more":[${"[0],".repeat(2_000_000)}0]}`;
  const began = performance.now();
  JSON.parse(text);
  const parsing = performance.now() - began;
  let last = performance.now();
  let longest = 0;
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await expect(readGiven(text)).rejects.toMatchObject({
    code: "RECORDING_INVALID",
    message: expect.stringContaining("docs/replay.md"),
  });
  clearInterval(watch);
  expect(longest).toBeLessThan(parsing / 2);
}, 60_000);

test.each([
  ["cut off", '{"recording":1,"context":{' + '"a":1,'.repeat(60_000), "not JSON"],
  ["nested without end", "[".repeat(400_000), "deep"],
  ["of another version", `{"recording":9,"x":"${"x".repeat(400_000)}"}`, "version is 9"],
  ["no object", JSON.stringify("x".repeat(400_000)), "not a JSON object"],
])("a long text that is %s is one sentence", async (_, text, sentence) => {
  await expect(readGiven(text)).rejects.toMatchObject({
    code: "RECORDING_INVALID",
    retry: "never",
    message: expect.stringContaining(sentence),
  });
});

test("what stood at a path is out of everything, encoded as it may be, and numbers are out as well", async () => {
  const name = 'Zoë "Z" O’Neil';
  const card = 4111111111111111;
  const recording = {
    context: { args: { name, card, "order id": "A-1001", small: 7 }, conversation: { messages: [{ content: name }] } },
    calls: [
      {
        name: "fetch.send",
        args: {
          url: `https://x.example/${encodeURIComponent(name)}?${new URLSearchParams({ name, card: String(card) }).toString()}`,
          headers: [["x-name", name]],
        },
        bytes: { text: JSON.stringify({ card, deep: JSON.stringify({ name, id: "A-1001" }) }) },
        answer: { value: { card, small: 7, html: "Zo&#235; &quot;Z&quot; O’Neil" } },
      },
    ],
    host: { receipts: [] },
    outcome: { returnValue: { of: card, list: [card, 7], id: "A-1001" }, handoff: null, intents: [], logs: [], warnings: [] },
  } as unknown as Recording;
  const paths = ["args.name", "args.card", 'args["order id"]', "args.small"];
  const redacted = await redactRecording(recording, paths, NO_REDACTION, createSlices());
  expect(redacted.redacted).toEqual(paths);
  const text = JSON.stringify({ ...redacted, redacted: null });
  for (const shown of ["Zo", "Neil", "4111", "1001"]) expect(text).not.toContain(shown);
  // One digit says nothing, and is out where it was asked for alone.
  expect(redacted.context).toMatchObject({ args: { small: 0 } });
  expect(redacted.outcome).toMatchObject({ returnValue: { of: 0, list: [0, 7] } });
}); // prettier-ignore

test.each([
  ["conversation.messages[*].content", 4],
  ["a[0].b", 3],
  ["a.*", 2],
  ['args["order id"]["a\\"]."]', 3],
])("%s is a path", (path, steps) => {
  expect(readPath(path)).toHaveLength(steps);
});
test.each(["", ".a", "a.", "a..b", "[0]", "a[x]", "a[0]b", "a b", 'a["', 'a["\\x"]', "a[-1]"])(
  "%j is no path",
  (path) => {
    expect(readPath(path)).toBeNull();
  },
);
