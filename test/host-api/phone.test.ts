import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { isE164 } from "../../host-api/phone.ts";

describe("E.164 is ASCII text that libphonenumber calls possible and gives back unchanged", () => {
  test.each(["+15551234567", "+493012345678", "+442071838750", "+6421123456", "+390612345678", "+85212345678"])(
    "%s is a number",
    (number) => {
      expect(isE164(number)).toBe(true);
    },
  );

  test.each([
    ["", "nothing"],
    ["15551234567", "no plus"],
    ["+", "a plus alone"],
    ["+1", "a country code alone"],
    ["+0123456789", "a country code that starts with zero"],
    ["+1555123456789012", "more than 15 digits"],
    ["+1 555 123 4567", "spaces"],
    ["+1-555-123-4567", "hyphens"],
    ["+1(555)1234567", "brackets"],
    [" +15551234567", "a space before"],
    ["+15551234567 ", "a space after"],
    ["+15551234567\n", "a line feed after"],
    ["\u00A0+15551234567", "a no-break space"],
    ["\u200E+15551234567", "a direction mark"],
    ["+15551234567;ext=12", "an extension"],
    ["tel:+15551234567", "a URI"],
    ["+1555CALLNOW", "letters"],
    ["+1٥٥٥١٢٣٤٥٦٧", "Arabic digits"],
    ["+1\uFF15\uFF15\uFF1551234567", "full-width digits"],
    ["\uFF0B15551234567", "a full-width plus"],
    ["++15551234567", "two pluses"],
    ["+1555123", "too short for its country"],
    ["+155512345678", "too long for its country"],
    ["+4401632960123", "a trunk zero that would be dropped"],
    ["+999123456789", "a country code that nobody has"],
  ])("%j is none: %s", (number) => {
    expect(isE164(number)).toBe(false);
  });

  test.each([[null], [undefined], [15551234567], [["+15551234567"]], [{ toString: () => "+15551234567" }], [true]])(
    "%p is none: not a string",
    (value) => {
      expect(isE164(value)).toBe(false);
    },
  );

  const digits = (min: number, max: number) =>
    fc.string({
      unit: fc.constantFrom("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
      minLength: min,
      maxLength: max,
    });

  test("it is exactly the rule, for anything that looks like a number", () => {
    const country = fc.constantFrom("+1", "+44", "+49", "+39", "+81", "+7", "+");
    fc.assert(
      fc.property(country, digits(0, 16), (start, rest) => {
        const value = start + rest;
        const parsed = parsePhoneNumberFromString(value);
        const expected =
          /^\+[1-9][0-9]{1,14}$/.test(value) && parsed?.isPossible() === true && parsed.format("E.164") === value;
        expect(isE164(value)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("nothing but a plus and digits is ever accepted, whatever is mixed into a good number", () => {
    fc.assert(
      fc.property(fc.nat(12), fc.string({ unit: "binary", minLength: 1, maxLength: 3 }), (at, junk) => {
        fc.pre(!/^[0-9]+$/.test(junk));
        const value = `${"+15551234567".slice(0, at)}${junk}${"+15551234567".slice(at)}`;
        expect(isE164(value)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("any string at all gives an answer", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (value) => {
        expect(isE164(value) && !/^\+[1-9][0-9]{1,14}$/.test(value)).toBe(false);
      }),
    );
  });
});
