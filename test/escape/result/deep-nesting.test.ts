import { expect } from "@jest/globals";
import { describeAttacks } from "../harness.ts";

const nested = (levels: number): string =>
  `let v = 1; for (let i = 0; i < ${levels}; i++) v = i % 2 ? [v] : { a: v }; return v;`;

describeAttacks("a result that nests", {
  "as deep as it may": {
    source: nested(1_000),
    ends: "returned",
    check: (outcome) => {
      expect(structuredClone(outcome)).toEqual(outcome);
      expect(JSON.stringify(outcome)).toContain("a");
    },
  },
  "one level too deep": { source: nested(1_001), ends: "threw RESULT_NOT_JSON" },
  "as deep as V8 writes it": { source: nested(2_500), ends: "threw RESULT_NOT_JSON" },
  "far too deep": { source: nested(1e5), ends: "threw RESULT_NOT_JSON" },
  "brackets in a text are no levels": { source: "return '['.repeat(5000) + '\\\"'.repeat(10);", ends: "returned" },
});
