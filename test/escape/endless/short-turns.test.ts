import { expect } from "@jest/globals";
import { describeAttacks } from "../harness.ts";

const check = ({ usage }: { usage: { cpuMs: number } }): void => expect(usage.cpuMs).toBeLessThan(400);

describeAttacks("a great many turns, none of them long", {
  "of timers": {
    source:
      "return new Promise(() => { const again = () => { setTimeout(again, 1); for (let i = 0; i < 5000; i++); }; for (let n = 0; n < 900; n++) again(); });",
    ends: "timed_out CPU_LIMIT",
    check,
  },
  "of an interval that is set again and again": {
    source:
      "const go = () => { clearInterval(id); id = setInterval(go, 1); setInterval(() => { for (let i = 0; i < 5000; i++); }, 1); }; let id = setInterval(go, 1); return new Promise(() => {});",
    ends: ["timed_out CPU_LIMIT", "threw ACTION_THREW"],
    check,
  },
});
