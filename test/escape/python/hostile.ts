/**
 * Runs hostile Python as the other families of this folder run hostile JavaScript, and looks each time at the next run of the same tenant: it has to find
 * Python as it left the bake.
 */
import { describe, expect, test } from "@jest/globals";
import type { LimitsInput, Outcome, Runtime, RuntimeOptions } from "../../../runtime/index.ts";
import { SHORT, chat, useRuntime, withstand } from "../harness.ts";

export interface PythonAttack {
  /** The body of `execute_action(context)`, or a whole module that defines it. */
  readonly source: string;
  readonly ends: string | readonly string[];
  readonly limits?: LimitsInput;
  readonly check?: (outcome: Outcome) => void;
}

/** Python's first steps in a process take longer than a script's; the limits of attacks are short all the same. */
export const PYTHON_SHORT: LimitsInput = { ...SHORT, cpuMs: 400 };

export function describePython(
  behaviour: string,
  attacks: Readonly<Record<string, PythonAttack>>,
  options: RuntimeOptions = {},
): void {
  describe(behaviour, () => {
    const open = useRuntime({ ...options, limits: { ...PYTHON_SHORT, ...options.limits } });
    for (const [name, attack] of Object.entries(attacks))
      test(name, async () => {
        const { source, ...rest } = attack;
        await withstand(open(), { ...rest, source: moduleOf(source), filename: "action.py" });
        await benignPython(open());
      });
  });
}

export function moduleOf(source: string): string {
  if (/^(?:async )?def execute_action|^from __future__|^execute_action =/m.test(source)) return source;
  const body = source.trim().split("\n");
  return `def execute_action(context):\n${body.map((line) => `    ${line}`).join("\n")}\n`;
}

const BENIGN = `
import sys, json, builtins, random, gc, os
from datetime import datetime
from zoneinfo import ZoneInfo

async def execute_action(context):
    import asyncio
    await asyncio.sleep(0)
    print("benign")
    return {
        "sum": sum(range(context["args"]["n"] + 1)),
        "found": [name for name in dir(builtins) if "leak" in name or "evil" in name] + [name for name in sys.modules if "evil" in name],
        "patched": [f.__name__ for f in (len, print, open, json.dumps, json.loads, isinstance) if f.__module__ not in ("builtins", "json", "_io")],
        "tmp": os.listdir("/tmp"),
        "gc": gc.isenabled(),
        "limit": sys.getrecursionlimit(),
        "hour": datetime(2024, 7, 1, 12, tzinfo=ZoneInfo("America/New_York")).utcoffset().total_seconds(),
        "answer": hand_off_conversation(context, "benign")["success"],
    }
`;

/** A run that does what actions do, in an interpreter that no other run has seen. */
export async function benignPython(runtime: Runtime): Promise<void> {
  const outcome = await runtime.execute({
    action: { source: BENIGN, filename: "benign.py" },
    context: chat({ args: { n: 20 } }),
    limits: { ...SHORT, cpuMs: 5_000 },
  });
  expect({ status: outcome.status, error: outcome.error, value: outcome.returnValue }).toEqual({
    status: "returned",
    error: undefined,
    value: { sum: 210, found: [], patched: [], tmp: [], gc: true, limit: 1000, hour: -14_400, answer: true },
  });
  expect(outcome.logs.map(({ message }) => message)).toEqual(["benign"]);
  expect(outcome.handoff).toMatchObject({ kind: "handoff", reason: "benign" });
}
