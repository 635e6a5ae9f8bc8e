import { describe, expect, test } from "@jest/globals";
import { handOffCallSchema } from "../../host-api/handoff/call.ts";
import type install from "../../languages/javascript/guest/hand-off.ts";
import type { Bridge } from "../../sandbox/guest/bridge.d.ts";
import { createGuest } from "./guest.ts";
import type { Guest } from "./guest.ts";

// Holds the guest's half to the sandbox's bridge, by type: neither imports the other.
type Fits = (bridge: Bridge) => void;
export const fits = (given: typeof install): Fits => given;

const CONTEXT = `const context = { conversation: { id: "c1", latestChannel: "chat" }, args: {} };`;
const absent = { type: "absent" };
const text = (value: string) => ({ type: "string", text: value });
const other = (is: string) => ({ type: "other", is });

async function crossing(code: string): Promise<{ message: Record<string, unknown>; guest: Guest; answer: unknown }> {
  const guest = await createGuest();
  const answer = guest.run(`{ ${CONTEXT} ${code} }`);
  expect(guest.crossed).toHaveLength(1);
  expect(handOffCallSchema.safeParse(guest.crossed[0]).error).toBeUndefined();
  return { message: guest.crossed[0] as Record<string, unknown>, guest, answer };
}

describe("what crosses", () => {
  test.each([
    ["nothing but the context", `hand_off_conversation(context)`, absent, absent],
    ["null, undefined and empty text are not given", `hand_off_conversation(context, null, "")`, absent, absent],
    ["values by position", `hand_off_conversation(context, "why", "+15551234567")`, text("why"), text("+15551234567")],
    [
      "values of other types, by type",
      `hand_off_conversation(context, 5, Symbol.iterator)`,
      other("number"),
      other("symbol"),
    ],
    ["a function and a bigint", `hand_off_conversation(context, () => 1, 5n)`, other("function"), other("bigint")],
    ["false and zero are given", `hand_off_conversation(context, false, 0)`, other("boolean"), other("number")],
    ["a String object is no string", `hand_off_conversation(context, new String("why"))`, other("object"), absent],
    ["64 characters of a number", `hand_off_conversation(context, "", "+".repeat(1e6))`, absent, text("+".repeat(64))],
  ])("%s", async (_, code, reason, phoneDestination) => {
    const { message } = await crossing(code);
    expect(message).toStrictEqual({
      overflow: false,
      context: { type: "conversation", id: "c1" },
      reason,
      phoneDestination,
    });
  });

  const number = text("+1555");
  test.each([
    ["options in second place", `{ reason: "why", phone_destination: "+1555" }`, text("why"), number],
    ["options in third place", `"why", { phone_destination: "+1555" }`, text("why"), number],
    ["only a reason among the options", `{ reason: "why" }`, text("why"), absent],
    ["only a number among the options", `{ phone_destination: "+1555" }`, absent, number],
    ["only a number, after null", `null, { phone_destination: "+1555" }`, absent, number],
    ["a reason given by position wins", `"why", { reason: "no", phone_destination: "+1555" }`, text("why"), number],
    ["a number given by position wins", `{ reason: "why", phone_destination: "no" }, "+1555"`, text("why"), number],
    ["an empty position does not win", `{ phone_destination: "+1555" }, ""`, absent, number],
    ["an empty first position does not win", `"", { reason: "why" }`, text("why"), absent],
    ["a bad value by position wins too", `5, { reason: "why" }`, other("number"), absent],
    ["null among the options is not given", `{ reason: null, phone_destination: undefined }`, absent, absent],
    [
      "values of other types among the options",
      `{ reason: {}, phone_destination: 5 }`,
      other("object"),
      other("number"),
    ],
    ["options without a prototype", `Object.assign(Object.create(null), { reason: "why" })`, text("why"), absent],
    ["an empty object is a bad reason", `{}`, other("object"), absent],
    ["an empty object is a bad number", `"why", {}`, text("why"), other("object")],
    ["one key too many is a bad reason", `{ reason: "why", phone: "+1555" }`, other("object"), absent],
    ["a symbol is a key too many", `{ reason: "why", [Symbol()]: 1 }`, other("object"), absent],
    [
      "a hidden key is a key too many",
      `Object.defineProperty({ reason: "y" }, "x", { value: 1 })`,
      other("object"),
      absent,
    ],
    ["an inherited reason is none", `Object.create({ reason: "why" })`, other("object"), absent],
    ["an instance is no plain object", `new (class { reason = "why" })()`, other("object"), absent],
    ["an array is no options object", `["why"]`, other("object"), absent],
    [
      "a throwing getter is a bad reason",
      `{ get reason() { throw 1 }, phone_destination: "+1555" }`,
      other("object"),
      number,
    ],
    ["a getter that answers serves", `{ get reason() { return "why" } }`, text("why"), absent],
    ["a proxy that throws is a bad reason", `new Proxy({}, { ownKeys() { throw 1 } })`, other("object"), absent],
    [
      "a proxy that lies about its prototype",
      `new Proxy({}, { getPrototypeOf() { throw 1 } })`,
      other("object"),
      absent,
    ],
    [
      "a revoked proxy",
      `(() => { const r = Proxy.revocable({}, {}); r.revoke(); return r.proxy; })()`,
      other("object"),
      absent,
    ],
    ["a proxy of options", `new Proxy({ reason: "why" }, {})`, text("why"), absent],
  ])("%s", async (_, args, reason, phoneDestination) => {
    const { message } = await crossing(`hand_off_conversation(context, ${args})`);
    expect({ reason: message["reason"], phoneDestination: message["phoneDestination"] }).toStrictEqual({
      reason,
      phoneDestination,
    });
  });

  test.each([
    ["a misspelt option", `{ phoneDestination: "+1555" }`, ["phoneDestination"]],
    ["in third place", `"why", { Reason: "no" }`, ["Reason"]],
    ["in both places", `{ Reason: "no" }, { phone: "+1" }`, ["Reason", "phone"]],
    ["beside one that is right", `{ reason: "no", phone: "+1" }`, ["reason", "phone"]],
    [
      "four keys, cut, and no symbols",
      `{ [Symbol()]: 1, ["k".repeat(1e6)]: 1, b: 1, c: 1, d: 1 }`,
      ["b", "c", "d"].toSpliced(0, 0, "k".repeat(32)),
    ],
    ["a proxy's", `new Proxy({}, { ownKeys: () => ["phone"] })`, ["phone"]],
    ["none of options", `{ reason: "why" }, { phone_destination: "+1555" }`, undefined],
    ["none of an array, an instance or an empty object", `["phone"], new (class { phone = 1 })()`, undefined],
    ["none where the reason is no object", `"phone"`, undefined],
    ["none of a proxy that throws", `new Proxy({}, { ownKeys() { throw 1 } })`, undefined],
  ])("of an object that is no options object the keys: %s", async (_, args, keys) => {
    const { message } = await crossing(`hand_off_conversation(context, ${args})`);
    expect(message["oddKeys"]).toStrictEqual(keys);
  });

  test.each([
    ["", "missing"],
    ["undefined", "missing"],
    ["null", "missing"],
    ["5", "not_an_object"],
    [`"c1"`, "not_an_object"],
    ["() => 1", "not_an_object"],
    ["{}", "no_conversation"],
    ["[]", "no_conversation"],
    ["{ conversation: null }", "no_conversation"],
    [`{ conversation: "c1" }`, "no_conversation"],
    ["{ conversation: { id: 1 } }", "no_conversation"],
    ["{ conversation: {} }", "no_conversation"],
    ["{ get conversation() { throw new Error() } }", "unreadable"],
    ["{ conversation: { get id() { throw null } } }", "unreadable"],
    ["new Proxy({}, { get() { throw 1 } })", "unreadable"],
    ["(() => { const r = Proxy.revocable({}, {}); r.revoke(); return r.proxy; })()", "unreadable"],
    ["{ get conversation() { return (function deep() { return deep(); })() } }", "unreadable"],
  ])("the context %s crosses as %s, and nothing is thrown", async (context, type) => {
    const { message } = await crossing(`hand_off_conversation(${context})`);
    expect(message["context"]).toStrictEqual({ type });
  });

  test("a copy of the context with the same id serves", async () => {
    const { message } = await crossing(`hand_off_conversation(JSON.parse(JSON.stringify(context)))`);
    expect(message["context"]).toStrictEqual({ type: "conversation", id: "c1" });
  });

  test("of a huge context and id only a little crosses", async () => {
    const { message } = await crossing(
      `context.args.rest = "x".repeat(1e7); context.conversation.id = "i".repeat(1e7); hand_off_conversation(context, "r".repeat(1e7))`,
    );
    expect(JSON.stringify(message).length).toBeLessThan(2_000);
    expect(message["context"]).toStrictEqual({ type: "conversation", id: "i".repeat(1_024) });
  });
});

describe("the answer", () => {
  test("is a plain object of its own each time, with success and message", async () => {
    const guest = await createGuest();
    expect(
      guest.run(`{ ${CONTEXT}
        const one = hand_off_conversation(context); const two = hand_off_conversation(context);
        const plain = Object.getPrototypeOf(one) === Object.prototype && one !== two;
        one.success = "changed"; one.extra = 1;
        ({ plain, two, keys: Reflect.ownKeys(two) }) }`),
    ).toStrictEqual({ plain: true, two: { success: true, message: "done" }, keys: ["success", "message"] });
  });

  test("can be awaited", async () => {
    const { answer } = await crossing(`const a = hand_off_conversation(context); ({ ...a, thenable: "then" in a })`);
    expect(answer).toStrictEqual({ success: true, message: "done", thenable: false });
  });

  test.each([
    [
      "the host throws",
      () => {
        throw new Error("wall");
      },
    ],
    ["the host answers nonsense", () => 5],
    ["the host answers half", () => ({ success: true })],
  ])("is no success, and no throw, when %s", async (_, answer) => {
    const guest = await createGuest({ answer });
    expect(guest.handOff({ conversation: { id: "c1" } })).toMatchObject({
      success: false,
      message: expect.stringMatching(/not be confirmed/),
    });
  });
});

describe("row 9", () => {
  test.each(["preparing", "loading"] as const)(
    "it throws an Error of the realm while %s, and nothing crosses",
    async (phase) => {
      const guest = await createGuest({ phase });
      expect(
        guest.run(`try { hand_off_conversation({ get conversation() { throw "read" } }); "no throw" } catch (error) {
        [error instanceof Error, error.message] }`),
      ).toStrictEqual([true, expect.stringMatching(/inside execute_action/)]);
      expect(guest.crossed).toStrictEqual([]);
    },
  );

  test("after the run nothing crosses", async () => {
    const guest = await createGuest();
    guest.setPhase("ended");
    expect(guest.handOff({ conversation: { id: "c1" } })).toMatchObject({ success: false });
    expect(guest.crossed).toStrictEqual([]);
  });

  test("a call that threw while loading does not count against the number of calls", async () => {
    const guest = await createGuest({ phase: "loading", handOffCalls: 1 });
    guest.run(`try { hand_off_conversation({}) } catch {}`);
    guest.setPhase("running");
    guest.run(`hand_off_conversation({})`);
    expect(guest.crossed).toMatchObject([{ overflow: false }]);
  });
});

describe("past the number of calls", () => {
  test.each([true, false])(
    "the first crosses marked, and all later ones get its answer (success %p)",
    async (success) => {
      const answer = (message: unknown) =>
        (message as { overflow: boolean }).overflow
          ? { success, message: "enough" }
          : { success: true, message: "done" };
      const guest = await createGuest({ handOffCalls: 3, answer });
      const answers = guest.run(`{ ${CONTEXT} Array.from({ length: 50 }, () => hand_off_conversation(context)) }`);
      expect(guest.crossed.slice(3)).toStrictEqual([{ overflow: true }]);
      expect(answers).toStrictEqual([
        ...Array.from({ length: 3 }, () => ({ success: true, message: "done" })),
        ...Array.from({ length: 47 }, () => ({ success, message: "enough" })),
      ]);
    },
  );

  test("a run without any call crosses once", async () => {
    const guest = await createGuest({ handOffCalls: 0 });
    guest.run(`hand_off_conversation({}); hand_off_conversation({})`);
    expect(guest.crossed).toStrictEqual([{ overflow: true }]);
  });

  test("calls out of a getter count like any other", async () => {
    const guest = await createGuest({ handOffCalls: 5 });
    guest.run(
      `const c = { get conversation() { return hand_off_conversation(c) && { id: "c1" } } }; hand_off_conversation(c)`,
    );
    expect(guest.crossed.filter((message) => (message as { overflow: boolean }).overflow)).toHaveLength(1);
    expect(guest.crossed.length).toBeLessThanOrEqual(6);
  });
});

describe("a realm that the action has patched", () => {
  const PATCHES: readonly (readonly [string, string])[] = [
    [
      "toJSON on every prototype",
      `for (const p of [Object, String, Array, Number, Boolean]) p.prototype.toJSON = () => seen("toJSON");`,
    ],
    [
      "setters and getters on Object.prototype",
      `for (const key of ["success", "message", "reason", "phone_destination", "type", "text", "id", "is", "overflow", "value", "get", "0", "1"])
        Object.defineProperty(Object.prototype, key, { __proto__: null, get() { return seen("get " + key) }, set() { seen("set " + key) }, configurable: true });`,
    ],
    [
      "setters on the indices of Array.prototype",
      `for (const key of ["0", "1", "2"]) Object.defineProperty(Array.prototype, key, { set() { seen("set " + key) }, get() { return seen(key) }, configurable: true });`,
    ],
    ["iterators", `Array.prototype[Symbol.iterator] = String.prototype[Symbol.iterator] = () => seen("iterator");`],
    [
      "every method of String, Array, Object, Reflect, JSON and Function",
      `for (const owner of [String.prototype, Array.prototype, Object.prototype, Function.prototype, Object, Reflect, JSON, String, Array])
        for (const key of Object.getOwnPropertyNames(owner)) if (key !== "prototype" && key !== "constructor" && key !== "__proto__") {
          try { const d = getDescriptor(owner, key); if (typeof d.value === "function") define(owner, key, { ...d, value: () => seen(key) }); } catch {}
        }`,
    ],
    [
      "the global constructors",
      `for (const key of ["Error", "String", "Object", "Array", "JSON", "Reflect", "Symbol", "Proxy", "Infinity"]) try { globalThis[key] = () => seen(key) } catch {}`,
    ],
  ];

  test.each(PATCHES)("sees and changes nothing: %s", async (_, patch) => {
    const guest = await createGuest({ handOffCalls: 2 });
    // Results leave the realm as one primitive text: reading objects from outside would touch what is patched.
    const result = guest.run(`
      ${CONTEXT}
      let heard = false; let told = "";
      const getDescriptor = Object.getOwnPropertyDescriptor, define = Object.defineProperty;
      const seen = (what) => { if (heard) told += what + "; "; return "patched"; };
      const options = { reason: "why \\uD83D \\uD83D\\uDE00", phone_destination: "+15551234567" };
      const call = hand_off_conversation;
      ${patch}
      heard = true;
      const one = call(context, options);
      const two = call(context, "why", "+15551234567");
      const three = call(context);
      heard = false;
      told + one.success + one.message + two.success + two.message + three.success + three.message;
    `);
    expect(result).toBe("truedonetruedonetruedone");
    expect(guest.crossed).toStrictEqual([
      {
        overflow: false,
        context: { type: "conversation", id: "c1" },
        reason: text("why \uFFFD \u{1F600}"),
        phoneDestination: text("+15551234567"),
      },
      {
        overflow: false,
        context: { type: "conversation", id: "c1" },
        reason: text("why"),
        phoneDestination: text("+15551234567"),
      },
      { overflow: true },
    ]);
  });

  test("an option that was not given is not taken from Object.prototype", async () => {
    const guest = await createGuest();
    guest.run(`{ ${CONTEXT} Object.prototype.phone_destination = "+15551234567"; Object.prototype.reason = "patched";
      hand_off_conversation(context, { reason: null }); hand_off_conversation(context, { phone_destination: null }); }`);
    expect(guest.crossed).toMatchObject([
      { reason: absent, phoneDestination: absent },
      { reason: absent, phoneDestination: absent },
    ]);
  });

  test("cannot reach our functions through a patched Error.prepareStackTrace", async () => {
    const guest = await createGuest();
    const reached = guest.run(`{
      const reached = [];
      Error.prepareStackTrace = (_, sites) => { for (const s of sites) reached.push(typeof s.getFunction(), typeof s.getThis()); return ""; };
      const getter = () => { "use strict"; void new Error().stack; return { id: "c1" }; };
      hand_off_conversation(Object.defineProperty({}, "conversation", { get: getter }));
      reached.slice(0, 8) }`);
    expect(new Set(reached as string[])).toStrictEqual(new Set(["undefined"]));
  });
});

describe("the global", () => {
  test("is an ordinary built-in: hidden, writable, configurable, no constructor", async () => {
    const guest = await createGuest();
    expect(
      guest.run(`{ const { value, ...rest } = Object.getOwnPropertyDescriptor(globalThis, "hand_off_conversation");
        ({ ...rest, name: value.name, length: value.length, constructs: "prototype" in value }) }`),
    ).toStrictEqual({
      writable: true,
      enumerable: false,
      configurable: true,
      name: "hand_off_conversation",
      length: 3,
      constructs: false,
    });
  });
});
