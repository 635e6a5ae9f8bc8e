import { expect, test } from "@jest/globals";
import { measure } from "./conformance.ts";

const folder = process.env["WPT_DATA"];

(folder === undefined || folder === "" ? test.skip : test)(
  "each area of the web-platform-tests' data is as right as Node, and right in 98 of 100 cases",
  async () => {
    for (const figure of await measure(folder!)) {
      expect(figure.cases).toBeGreaterThan(5);
      expect({ ...figure, asGoodAsNode: figure.guest >= figure.node }).toMatchObject({ asGoodAsNode: true });
      expect({ ...figure, share: figure.guest / figure.cases >= 0.98 }).toMatchObject({ share: true });
    }
  },
);
