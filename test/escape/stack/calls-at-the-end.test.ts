import { expect } from "@jest/globals";
import { type Attack, describeAttacks } from "../harness.ts";

const answers = (value: unknown): readonly string[] => value as readonly string[];

/** Calls on the way back from the deepest frame, each with a little more stack left than the one before; `pad` shifts where the frames begin. */
function calls(pad: number, call: string): string {
  const parameters = ["n", ...Array.from({ length: pad }, (_, index) => `p${index}`)].join(", ");
  return `
    const seen = [];
    function deep(${parameters}) {
      try { return deep(n + 1); } catch (end) {
        if (seen.length < 95) { try { seen.push(${call}); } catch (error) { seen.push(String(error.stack)); } }
        throw end;
      }
    }
    try { deep(0); } catch {}
    return seen;`;
}

/** The same from where the worker's own functions have just stack enough: whatever they do there, they do it whole. */
function handOffs(pad: number): string {
  const parameters = ["n", ...Array.from({ length: pad }, (_, index) => `p${index}`)].join(", ");
  return `
    let level = 0; const seen = []; URL;
    function find(${parameters}) { try { return find(n + 1); } catch (end) { if (level === 0) { try { new URL("http://a/"); level = n; } catch {} } throw end; } }
    try { find(0); } catch {}
    function deep(${parameters}) {
      if (n > level + 40) return;
      deep(n + 1);
      if (seen.length < 95) { try { seen.push(hand_off_conversation(context, "n" + n).message); } catch { seen.push("threw"); } }
    }
    try { deep(0); } catch {}
    return seen;`;
}

const toldOnce: Attack["check"] = ({ intents, returnValue }) => {
  const told = answers(returnValue).filter((message) => !/^threw|could not be confirmed/.test(message));
  expect(told).toEqual(intents.map(({ message }) => message));
};
const namesNoFile: Attack["check"] = ({ returnValue }) => {
  for (const text of answers(returnValue)) expect(text).not.toMatch(/worker\.cjs|node:|isolated-vm boundary/);
};

describeAttacks(
  "a call with hardly any stack left",
  {
    ...Object.fromEntries(
      [0, 1, 2, 3, 5, 9].map((pad): [string, Attack] => [
        `is heard and answered whole, or not made at all: frames of ${pad} more`,
        { source: handOffs(pad), ends: "returned", check: toldOnce },
      ]),
    ),
    "of a function of the worker": {
      source: `URL; ${calls(0, 'new URL("http://a/" + n).href')}`,
      ends: "returned",
      check: namesNoFile,
    },
    "of a hand-off": {
      source: calls(0, "hand_off_conversation(context).message"),
      ends: "returned",
      check: namesNoFile,
    },
    "of the log": { source: calls(0, "String(console.log(n))"), ends: "returned", check: namesNoFile },
    "of a timer": {
      source: `setTimeout; ${calls(0, "String(setTimeout(() => {}, 1))")}`,
      ends: "returned",
      check: namesNoFile,
    },
    "that loads a part": { source: calls(0, "String(structuredClone(n))"), ends: "returned", check: namesNoFile },
    "of fetch": {
      source: `fetch; ${calls(0, "String(fetch('http://a/').catch(() => {}))")}`,
      ends: "returned",
      check: namesNoFile,
    },
  },
  { limits: { handOffCalls: 100 } },
);
