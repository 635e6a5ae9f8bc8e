import { describe, expect, test } from "@jest/globals";
import { createRuntime } from "../../runtime/index.ts";
import { businessHours } from "../../host-api/hours.ts";

const shop = businessHours({
  timeZone: "America/New_York",
  week: {
    monday: ["09:00", "20:00"],
    tuesday: [["09:00", "12:00"], ["13:00", "24:00"]], // prettier-ignore
    friday: ["18:00", "02:00"],
    saturday: ["09:00", "20:00"],
  },
  holidays: { "2026-05-25": null, "2026-12-25": ["10:00", "12:00"] },
});

test("an action imports them by the package's name", async () => {
  await using runtime = await createRuntime();
  const source = `import { businessHours } from "baton-runtime/hours";
    const shop = businessHours({ timeZone: "America/New_York", week: { monday: ["09:00", "20:00"] } });
    export const execute_action = () => [shop.isOpen(), String(shop.nextOpening())];`;
  const run = async (now: string) =>
    (await runtime.execute({ action: { source }, context: { args: {} }, now })).returnValue;
  expect(await run("2026-03-02T14:00:00Z")).toEqual([true, "2026-03-09T09:00:00-04:00[America/New_York]"]);
  expect(await run("2026-03-02T13:59:00Z")).toEqual([false, "2026-03-02T09:00:00-05:00[America/New_York]"]);
});

describe("business hours", () => {
  test.each([
    ["2026-03-02T13:59:59Z", false], ["2026-03-02T14:00:00Z", true], ["2026-03-03T00:59:59Z", true], ["2026-03-03T01:00:00Z", false],
    // A break, and open until midnight.
    ["2026-03-03T16:59:00Z", true], ["2026-03-03T17:00:00Z", false], ["2026-03-03T18:00:00Z", true],
    ["2026-03-04T04:59:59Z", true], ["2026-03-04T05:00:00Z", false],
    // Over midnight into Saturday.
    ["2026-03-06T23:00:00Z", true], ["2026-03-07T06:59:59Z", true], ["2026-03-07T07:00:00Z", false],
    // A day that is not named, a holiday that is closed, and one with hours of its own on a Friday.
    ["2026-03-01T17:00:00Z", false], ["2026-05-25T15:00:00Z", false], ["2026-12-25T15:30:00Z", true], ["2026-12-26T00:00:00Z", false],
    // In summer the same clock is another instant.
    ["2026-07-06T13:00:00Z", true], ["2026-07-07T00:00:00Z", false],
  ])("at %s: open %s", (at, open) => {
    expect(shop.isOpen(at)).toBe(open);
    expect(shop.isOpen(new Date(at))).toBe(open);
    expect(shop.current(Temporal.Instant.from(at)) !== null).toBe(open);
  }); // prettier-ignore

  test.each([
    ["2026-03-02T13:00:00Z", "2026-03-02T09:00:00-05:00"],
    ["2026-03-02T14:00:00Z", "2026-03-03T09:00:00-05:00"],
    ["2026-03-03T15:00:00Z", "2026-03-03T13:00:00-05:00"],
    ["2026-05-24T15:00:00Z", "2026-05-26T09:00:00-04:00"],
    ["2026-12-22T18:00:00Z", "2026-12-25T10:00:00-05:00"],
  ])("after %s it opens at %s", (at, opens) => {
    expect(shop.nextOpening(at)?.toString({ timeZoneName: "never" })).toBe(opens);
  });

  test("what is never open never opens", () => {
    expect(businessHours({ timeZone: "UTC", week: {} }).nextOpening("2026-01-01T00:00:00Z")).toBeNull();
  });

  test("the clocks' changes are followed: a skipped opening is when they skip, a repeated hour is open twice", () => {
    // New York skips 02:00 to 03:00 on 8 March 2026 and repeats 01:00 to 02:00 on 1 November.
    const night = businessHours({ timeZone: "America/New_York", week: { sunday: ["02:30", "04:00"] } });
    expect(night.isOpen("2026-03-08T06:59:59Z")).toBe(false);
    expect(night.isOpen("2026-03-08T07:00:00Z")).toBe(true);
    expect(night.isOpen("2026-03-08T08:00:00Z")).toBe(false);
    const skipped = businessHours({ timeZone: "America/New_York", week: { sunday: ["02:10", "02:50"] } });
    expect(skipped.isOpen("2026-03-08T07:00:00Z")).toBe(false);
    const repeated = businessHours({ timeZone: "America/New_York", week: { sunday: ["01:00", "02:00"] } });
    expect(repeated.isOpen("2026-11-01T05:30:00Z")).toBe(true);
    expect(repeated.isOpen("2026-11-01T06:30:00Z")).toBe(true);
    expect(repeated.isOpen("2026-11-01T07:00:00Z")).toBe(false);
    const always = businessHours({ timeZone: "America/New_York", week: { sunday: ["00:00", "24:00"] } });
    const span = always.current("2026-03-08T12:00:00Z")!;
    expect(span.opens.until(span.closes).total("hours")).toBe(23);
  });

  test("what is wrong with the hours is said", () => {
    for (const bad of [
      { timeZone: "Mars/Olympus", week: {} },
      { timeZone: "UTC", week: { funday: ["09:00", "10:00"] } },
      { timeZone: "UTC", week: { monday: ["9", "10"] } },
      { timeZone: "UTC", week: { monday: ["24:00", "10:00"] } },
      { timeZone: "UTC", week: {}, holidays: { "25.12.": null } },
      { timeZone: "UTC", week: {}, holidays: { "2026-02-30": null } },
      { timeZone: "UTC", week: new Map([["monday", ["09:00", "10:00"]]]) },
      { timeZone: "UTC", week: Promise.resolve({}) },
      { timeZone: "UTC", week: {}, holidays: new Map() },
      { timeZone: 5n, week: {} },
      { timeZone: "UTC", week: { monday: 5n } },
    ]) {
      expect(() => businessHours(bad as never)).toThrow(RangeError);
    }
  });
});

test("spans that touch or overlap are one: a service that never closes does not open at midnight", () => {
  const always = businessHours({
    timeZone: "America/New_York",
    week: Object.fromEntries(
      ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"].map((day) => [
        day,
        ["00:00", "24:00"],
      ]),
    ),
  });
  expect(always.nextOpening("2026-03-07T12:00:00Z")).toBeNull();
  expect(always.isOpen("2026-03-08T05:00:00Z")).toBe(true);
  const open = always.current("2026-03-08T12:00:00Z");
  expect(open && open.closes.since(open.opens).total("hours")).toBeGreaterThan(24 * 365);
});

test("a shift that goes on after midnight and the day's own hours are one span, and so are overlapping ones", () => {
  const hours = businessHours({
    timeZone: "UTC",
    week: {
      monday: [
        ["09:00", "12:00"],
        ["11:00", "14:00"],
        ["14:00", "16:00"],
        ["20:00", "06:00"],
      ],
      tuesday: ["06:00", "10:00"],
    },
  });
  const at = (time: string) => {
    const open = hours.current(time);
    return open && [open.opens.toPlainDateTime().toString(), open.closes.toPlainDateTime().toString()];
  };
  expect(at("2026-11-23T10:00:00Z")).toEqual(["2026-11-23T09:00:00", "2026-11-23T16:00:00"]);
  expect(at("2026-11-23T23:00:00Z")).toEqual(["2026-11-23T20:00:00", "2026-11-24T10:00:00"]);
  expect(at("2026-11-24T06:00:00Z")).toEqual(["2026-11-23T20:00:00", "2026-11-24T10:00:00"]);
  expect(hours.nextOpening("2026-11-23T10:00:00Z")?.toInstant().toString()).toBe("2026-11-23T20:00:00Z");
  expect(hours.nextOpening("2026-11-23T21:00:00Z")?.toInstant().toString()).toBe("2026-11-30T09:00:00Z");
});

test.each([
  ["nothing", undefined, /no object/],
  ["a list", [], /no object/],
  ["no zone", { week: {} }, /time zone/],
  ["a zone that is a number", { timeZone: 7, week: {} }, /time zone/],
  ["no week", { timeZone: "UTC" }, /week/],
  ["a key of another name", { timeZone: "UTC", weeks: {} }, /"weeks"/],
  ["hours that are text", { timeZone: "UTC", week: { monday: "09:00" } }, /no hours like/],
  ["hours that are one time", { timeZone: "UTC", week: { monday: ["09:00"] } }, /no hours like/],
  ["holidays that are a list", { timeZone: "UTC", week: {}, holidays: [] }, /holidays/],
])("%s is told what it should be", (_, given, sentence) => {
  expect(() => businessHours(given as never)).toThrow(RangeError);
  expect(() => businessHours(given as never)).toThrow(sentence);
});

test.each(["yesterday", 7, {}, new Date(Number.NaN), null])("%p is no instant", (at) => {
  const hours = businessHours({ timeZone: "UTC", week: {} });
  expect(() => hours.isOpen(at as never)).toThrow(/is no instant/);
});
