// What `hand_off_conversation` says of options under names that are none of its own.
import { describe, expect, test } from "@jest/globals";
import { optionNote } from "../../host-api/handoff/option-names.ts";
import { createRuntime } from "../../runtime/index.ts";
import { run, SILENT_LOGGER } from "../runtime/executing.ts";

const NUMBERS = [
  "phoneDestination",
  "PhoneDestination",
  "phone-destination",
  "PHONE_DESTINATION",
  "phone_destinaton",
  "phonedestination",
];
const MORE_NUMBERS = [
  "phone_destinations",
  "phone",
  "phone_number",
  "phoneNumber",
  "destination",
  "fone_destination",
  "pohne_destination",
];
const REASONS = ["Reason", "REASON", "reasons", "resaon", "reson", "handoffReason", "reason_text", "raeson"];

describe("the note", () => {
  test.each([...NUMBERS, ...MORE_NUMBERS])("%s should be called phone_destination", (key) => {
    expect(optionNote([key])).toBe(` The option is called phone_destination, not ${key}.`);
  });

  test.each(REASONS)("%s should be called reason", (key) => {
    expect(optionNote([key])).toBe(` The option is called reason, not ${key}.`);
  });

  test("each misspelt one is named, once", () => {
    expect(optionNote(["Reason", "phone", "Reason"])).toBe(
      " The option is called reason, not Reason. The option is called phone_destination, not phone.",
    );
  });

  test("a right name beside others says that there are no others", () => {
    expect(optionNote(["reason", "priority"])).toMatch(/reason and phone_destination and no other/);
  });

  test.each([[[]], [["priority"]], [["x"]], [[""]], [["constructor", "__proto__"]], [["toString"]]])(
    "%j says nothing",
    (keys) => {
      expect(optionNote(keys)).toBe("");
    },
  );

  test.each(["phone +15551234567", "reason\n", "phone_1", "phone<b>"])(
    "%j, which may hold more than a name, is not repeated",
    (key) => {
      expect(optionNote([key])).toMatch(/^ The option is called (?:reason|phone_destination)\.$/);
    },
  );
});

describe("in a run", () => {
  const says = (name: string) => expect.stringContaining(`called ${name}`);

  test.each([
    [`{ phoneDestination: "+15551234567" }`, "phone_destination", true],
    [`null, { phoneDestination: "+15551234567" }`, "phone_destination", false],
    [`{ reason: "why", phone: "+15551234567" }`, "phone_destination", true],
    [`{ Reason: "why" }`, "reason", true],
  ])("hand_off_conversation(context, %s) names %s, on the phone and elsewhere", async (args, name, onPhone) => {
    await using runtime = await createRuntime({ logger: SILENT_LOGGER });
    const body = `return hand_off_conversation(context, ${args})`;
    for (const [channel, success] of [
      ["chat", true],
      ["phone", onPhone],
    ] as const) {
      const outcome = await run(runtime, body, { channel });
      expect(outcome.returnValue).toEqual({ success, message: says(name) });
      expect(outcome.intents).toHaveLength(1);
      if (success) expect(outcome.handoff).toMatchObject({ kind: "handoff", reason: null, phoneDestination: null });
    }
  });
});
