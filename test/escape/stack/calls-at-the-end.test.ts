/**
 * A guest that recurses to the end of its stack and calls from there: the worker process answers on the same stack. It must not run out of it
 * in the middle of a call, or the answer stays behind and is given to the next one, and its own errors must not be seen.
 */
import { describe, expect, test } from "@jest/globals";
import { type Attack, LONG, describeAttacks, execute, useRuntime } from "../harness.ts";

/** Calls on the way back from the deepest frame, each with a little more stack left than the one before. */
function calls(call: string): string {
  return `
    const seen = [];
    function deep(n) {
      try { return deep(n + 1); } catch (end) {
        if (seen.length < 600) { let said; try { said = ${call}; } catch (error) { said = error.stack; } seen[seen.length] = said; }
        throw end;
      }
    }
    try { deep(0); } catch {}
    return seen.map(String);`;
}

const namesNoFile: Attack["check"] = ({ returnValue }) => {
  expect(returnValue).toHaveLength(600);
  for (const text of returnValue as string[]) expect(text).not.toMatch(/worker\.cjs|node:|isolated-vm boundary/);
};

const CALLS: Readonly<Record<string, string>> = {
  "a function of the worker": `URL; ${calls('new URL("http://a/" + n).href')}`,
  "a hand-off": calls("hand_off_conversation(context).message"),
  "the log": calls("console.log(n)"),
  "a timer": `setTimeout; ${calls("setTimeout(() => {}, 1)")}`,
  "a part": calls("structuredClone(n)"),
  fetch: `fetch; ${calls("fetch('http://a/').catch(() => {})")}`,
};

describeAttacks(
  "with hardly any stack left, no file of the worker process is named by",
  Object.fromEntries(
    Object.entries(CALLS).map(([name, source]): [string, Attack] => [
      name,
      { source, ends: "returned", limits: LONG, check: namesNoFile },
    ]),
  ),
);

describe("with hardly any stack left", () => {
  const open = useRuntime({ limits: { handOffCalls: 100 } });

  /** Where the worker's own functions have just stack enough; `pad` shifts where the frames begin. */
  const handOffs = (pad: number): string => {
    const parameters = ["n", ...Array.from({ length: pad }, (_, index) => `p${index}`)].join(", ");
    return `
      let answers = []; let level = 0; URL;
      function find(${parameters}) { try { return find(n + 1); } catch (e) { if (level === 0) { try { new URL("http://a/"); level = n; } catch {} } throw e; } }
      try { find(0); } catch {}
      function deeper(${parameters}) { if (n > level + 34) return; deeper(n + 1); if (answers.length < 95) { let r; try { r = hand_off_conversation(context, "n" + n); } catch (e2) { r = { message: "threw" }; } answers.push(r.message); } }
      try { deeper(0); } catch {}
      return answers;`;
  };

  test("a hand-off is told its own answer or none, and so is every later one", async () => {
    for (let pad = 0; pad < 24; pad++) {
      const { intents, returnValue } = await execute(open(), handOffs(pad));
      const told = (returnValue as string[]).filter((message) => !/^threw|could not be confirmed/.test(message));
      expect([pad, told]).toEqual([pad, intents.map(({ message }) => message)]);
    }
  });
});
