/** Which Node may decode Brotli that a stranger made: the table of the mend of CVE-2026-111497. */
import { describe, expect, test } from "@jest/globals";
import { brotliFacts, mayDecodeBrotli } from "../../base/brotli.ts";

const may = (node: string, brotli = "1.2.0", isShared = false) => mayDecodeBrotli({ node, brotli, isShared });

describe("Brotli is decoded", () => {
  test.each(["22.23.4", "24.22.1", "24.23.0", "26.12.1", "26.13.0", "27.0.0", "28.1.0"])("by Node %s", (node) => {
    expect(may(node)).toBe(true);
  });

  test.each(["1.0.10", "1.1.1", "1.2.1", "1.3.0", "2.0.0"])("by an older Node with the library's %s", (brotli) => {
    expect(may("26.10.0", brotli)).toBe(true);
    expect(may("26.12.1", brotli, true)).toBe(true);
  });
});

describe("Brotli is not decoded", () => {
  test.each(["20.19.0", "22.23.3", "23.11.0", "24.22.0", "24.9.9", "25.9.0", "26.10.0", "26.12.0", "26.12.1-rc.1"])("by Node %s", (node) => {
    expect(may(node)).toBe(false);
  }); // prettier-ignore

  test.each(["1.0.9", "1.1.0", "1.2.0", "1.2.1-rc1", ""])("by any Node that uses the system's %s", (brotli) => {
    expect(may("26.12.1", brotli, true)).toBe(false);
  });
});

test("the facts are this Node's own", () => {
  expect(brotliFacts()).toMatchObject({ node: process.versions.node, brotli: expect.stringMatching(/^\d+\.\d+/) });
});
