import { describeAttacks } from "../harness.ts";

const ends = "timed_out CPU_LIMIT";

describeAttacks("a regular expression that backtracks", {
  "nested quantifiers": { source: "/^(a+)+$/.test('a'.repeat(50) + '!');", ends },
  "alternatives that overlap": { source: "/^(a|aa)+$/.test('a'.repeat(80) + '!');", ends },
  "in replace": { source: "'a'.repeat(60).replace(/(a*)*b/, '');", ends },
  "in split, with a lookbehind": { source: "('a'.repeat(40) + 'b').split(/(?<=(a+)+c)/);", ends: [ends, "returned"] },
  "one that matches itself forever": {
    source:
      "const r = /x?/y; r.exec = () => ({ index: 0, 0: '', length: 1 }); Object.defineProperty(r, 'flags', { value: 'g' }); 'aaa'.replace(r, '');",
    ends: [ends, "out_of_memory OUT_OF_MEMORY"],
  },
});
