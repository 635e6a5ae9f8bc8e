/** Recognisers stand in front of schemas: what one takes, the schema takes and reads in the same way, and what the schema refuses no recogniser takes. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { handOffCallSchema } from "../../host-api/handoff/call.ts";
import { recogniseCall } from "../../host-api/handoff/recognise.ts";
import { sortedJson } from "../../base/large-json/sort.ts";
import { isPromise } from "../../base/promises.ts";
import { parseContext, readContext } from "../../runtime/given-context.ts";
import { parseInvocation } from "../../runtime/invocation.ts";
import { recogniseContext, recogniseInvocation } from "../../runtime/recognise.ts";

type Reader = (input: unknown) => unknown;

/** A record of some of these members, now and then with one more, under a name that objects have by themselves too. */
function members(of: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> {
  const more = fc.tuple(
    fc.constantFrom("more", "seed", "is", "toString", "__proto__", ""),
    fc.constantFrom(1, null, {}),
  );
  const extra = fc.oneof({ arbitrary: fc.constant(null), weight: 12 }, more);
  const record = fc.oneof({ arbitrary: fc.record(of), weight: 3 }, fc.record(of, { requiredKeys: [] }));
  return fc.tuple(record, extra).map(([made, added]) => {
    if (added === null) return made;
    return Object.defineProperty({ ...made }, added[0], {
      value: added[1],
      enumerable: true,
      configurable: true,
      writable: true,
    });
  });
}

/** Mostly what is right, and sometimes what is near it or far from it. */
const mostly = (right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: right, weight: 12 }, { arbitrary: odd, weight: 1 });
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    "",
    "x".repeat(201),
    0,
    -1,
    1.5,
    true,
    [],
    [1],
    {},
    () => 1,
    "x".repeat(300),
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
const text = mostly(fc.constantFrom("", "chat", "phone", null, undefined));
const name = mostly(fc.constantFrom("a", "b", "tenant", "x".repeat(200), undefined));

const action = mostly(
  fc.oneof(
    members({ source: mostly(fc.string()), filename: name }),
    members({
      source: fc.string(),
      packages: mostly(fc.array(mostly(fc.constantFrom("lodash", "", "x".repeat(215))))),
    }),
    members({ hash: name }),
    members({ file: name, root: name, source: fc.string() }),
  ),
);
const limits = mostly(
  members({
    wallMs: mostly(fc.constantFrom(1, 86_400_000, 86_400_001, 2 ** 53)),
    memoryMiB: mostly(fc.constantFrom(7, 8, 4_096, 4_097)),
    hostCalls: mostly(fc.constantFrom(0, -0, 1e6)),
  }),
);
const invocations = mostly(
  members({
    action,
    context: odd,
    environment: mostly(fc.constantFrom("production", "test", "mock", "Test", undefined)),
    tenant: name,
    cordon: name,
    executionId: name,
    limits,
    secrets: mostly(fc.constant(undefined)),
    now: mostly(fc.constant(undefined)),
    signal: mostly(fc.constantFrom(undefined, new AbortController().signal)),
  }),
);

const messages = fc.array(
  mostly(
    members({
      sender: mostly(fc.constantFrom("customer", "bot", "agent", "human", null)),
      timestamp: mostly(fc.constantFrom("2026-11-20T15:00:00Z", "1", "soon", null)),
      content: text,
      channel: text,
    }),
  ),
  { maxLength: 3 },
);
const contexts = mostly(
  members({
    conversation: mostly(
      members({
        id: mostly(fc.constantFrom("c1", "")),
        publicId: text,
        subject: text,
        businessSlug: text,
        initialChannel: text,
        latestChannel: text,
        messages: mostly(messages),
        call: mostly(members({ id: text, from: text, to: text, provider: text })),
      }),
    ),
    business: mostly(members({ name: text, slug: text })),
    customer: mostly(members({})),
    args: mostly(members({ orderId: text })),
    browser_session: odd,
  }),
  // As it comes from a caller: by way of JSON text.
).map((context) => JSON.parse(JSON.stringify(context) ?? "null") as unknown);

const given = fc.oneof(
  fc.constant({ type: "absent" }),
  fc.constant({ type: "string", text: "why" }),
  members({
    type: mostly(fc.constantFrom("absent", "string", "other")),
    text: mostly(
      fc.constantFrom("why", "", "x".repeat(64), "x".repeat(65), "x".repeat(501), "x".repeat(502), "\ud800"),
    ),
  }),
);
const calls = mostly(
  members({
    overflow: mostly(fc.constantFrom(false, true)),
    context: mostly(
      members({ type: mostly(fc.constantFrom("conversation", "missing")), id: fc.constantFrom("c", "", 1) }),
    ),
    reason: given,
    phoneDestination: given,
    oddKeys: fc.constantFrom(["Reason"], []),
  }),
).map((call) => JSON.parse(JSON.stringify(call) ?? "null") as unknown);

const schemaOfCalls: Reader = (input) => {
  const read = handOffCallSchema.safeParse(input);
  return read.success ? read.data : "refused";
};

function holdsEqual(inputs: fc.Arbitrary<unknown>, recognise: Reader, schema: Reader): () => void {
  return () =>
    fc.assert(
      fc.property(inputs, (input) => {
        const known = recognise(input);
        if (known !== null) expect(schema(input)).toEqual(known);
      }),
      { numRuns: 3_000 },
    );
}

const PAIRS: readonly (readonly [string, fc.Arbitrary<unknown>, Reader, Reader, Reader])[] = [
  // Each with one that forgets a check: the property has to notice.
  [
    "invocations",
    invocations,
    recogniseInvocation,
    parseInvocation,
    (input) => recogniseInvocation(without(input, "environment")),
  ],
  ["contexts", contexts, recogniseContext, parseContext, (input) => recogniseContext(without(input, "business"))],
  [
    "calls of hand_off_conversation",
    calls,
    recogniseCall,
    schemaOfCalls,
    (input) => recogniseCall(without(input, "oddKeys")),
  ],
];

describe.each(PAIRS)("%s", (_, inputs, recognise, schema, forgetful) => {
  test("are recognised as their schema reads them, and never where it refuses", holdsEqual(inputs, recognise, schema));

  test("that a recogniser takes without a check are found", () => {
    expect(holdsEqual(inputs, forgetful, schema)).toThrow();
  });
});

test("a long context is read, and refused, like a short one", async () => {
  const long = Array.from({ length: 2_500 }, () => 1);
  await fc.assert(
    fc.asyncProperty(fc.oneof({ arbitrary: contexts, weight: 9 }, odd), fc.boolean(), async (context, sorted) => {
      const isObject = typeof context === "object" && context !== null && !Array.isArray(context);
      const lengthened = isObject
        ? Object.defineProperties({ long }, Object.getOwnPropertyDescriptors(context))
        : [long];
      const short = readContext(isObject ? context : [], 1_000_000, false);
      const read = await readContext(lengthened, 1_000_000, sorted);
      if (isPromise(short)) throw new Error("it is long");
      if ("code" in short || "code" in read) return expect(read).toEqual(short);
      expect(read.known).toEqual(short.known);
      expect(read.json === JSON.stringify(lengthened)).toBe(true);
      expect(read.sortedJson === (sorted ? sortedJson(JSON.parse(read.json)) : null)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("conversation.call has 2,000 values and 128 Ki characters: it is kept with each hand-off", async () => {
  const read = async (call: object) => {
    const context = { conversation: { id: "c", latestChannel: "phone", call: { id: "CA1", ...call } }, args: {} };
    const given = await readContext(context, 1_000_000, false);
    return "code" in given ? [given.code, given.message] : given.known.conversation!.call;
  };
  const numbered = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));
  expect(await read(numbered(1_900))).toEqual({ id: "CA1", ...numbered(1_900) });
  const refused = ["CONTEXT_INVALID", expect.stringContaining("conversation.call: is larger than a call may be")];
  expect(await read(numbered(2_100))).toEqual(refused);
  expect(await read({ list: Array(3_000).fill(0) })).toEqual(refused);
  expect(await read({ note: "x".repeat(120_000) })).toMatchObject({ id: "CA1" });
  expect(await read({ note: "x".repeat(140_000) })).toEqual(refused);
  expect(await read({ ["x".repeat(140_000)]: 1 })).toEqual(refused);
});

test("what most callers send is recognised", () => {
  const conversation = { id: "c", latestChannel: "chat", messages: [{ sender: "customer", content: "hi" }] };
  const context = { conversation, business: null, customer: { name: "x" }, args: { n: 1 }, browser_session: null };
  for (const more of [
    {},
    { tenant: "t", cordon: "c", executionId: "e" },
    { environment: "test", limits: { wallMs: 5 } },
  ])
    expect(recogniseInvocation({ action: { source: "" }, context, ...more })).not.toBeNull();
  expect(recogniseInvocation({ action: { hash: "h" }, context })).not.toBeNull();
  // As the service asks.
  const action = { source: "", filename: "action.ts", packages: [] };
  const asked = { action, context, secrets: undefined, now: undefined, seed: undefined, limits: {} };
  expect(recogniseInvocation(asked)).not.toBeNull();
  expect(recogniseContext(context)).toEqual({
    conversation: { id: "c", latestChannel: "chat", call: null },
    args: { n: 1 },
  });
  const absent = { type: "absent" };
  const call = {
    overflow: false,
    context: { type: "conversation", id: "c" },
    reason: absent,
    phoneDestination: absent,
  };
  expect(recogniseCall(call)).toEqual(call);
});

function without(input: unknown, key: string): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([name]) => name !== key));
}
