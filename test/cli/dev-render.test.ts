/** What a session shows on a terminal fits it, whatever an action is called or says. */
import { describe, expect, test } from "@jest/globals";
import type { DevEvent } from "../../author/session/events.ts";
import { renderEvent } from "../../cli/dev/render.ts";
import { neverSettled } from "../../cli/never-settled.ts";
import type { Outcome } from "../../runtime/outcome.ts";

const LONG = "a sentence that goes on for longer than any terminal here is wide, so that it has to be broken somewhere";
const FRAME = `  1 | ${LONG}\n> 2 | const found = looked_for(${LONG});\n    | ^ the action's entry point\n  3 | }`;

const { error: _, ...base } = neverSettled(new Error("none"));
const outcome = {
  ...base,
  status: "threw",
  handoff: { kind: "handoff", intentId: "i", reason: LONG, phoneDestination: null, state: "recorded" },
  intents: [{ kind: "handoff", reason: LONG, phoneDestination: null, verdict: "recorded", message: LONG }],
  warnings: [{ code: "HANDOFF_REJECTED", message: LONG }],
  error: { code: "ACTION_THREW", name: "Error", message: LONG, frame: FRAME, retry: "safe" },
  logs: [{ level: "info", message: LONG, time: "2026-03-02T15:00:00.000Z" }],
} as Outcome;
const run = { event: "run", action: "actions/order-status.ts", sinceSaveMs: 123.4, steps: [], failures: [] } as const;

const EVENTS: readonly DevEvent[] = [
  { event: "ready" },
  { ...run, scenario: LONG, outcome, ok: false },
  {
    ...run,
    scenario: null,
    outcome: { ...base, status: "returned", returnValue: { message: LONG } } as Outcome,
    ok: true,
  },
  {
    event: "problem",
    code: "TYPE_ERROR",
    message: LONG,
    frame: FRAME,
    action: "actions/order-status.ts",
    scenario: null,
    sinceSaveMs: 12,
  },
];

describe.each([40, 60, 100])("on a terminal of %i columns", (columns) => {
  test.each(EVENTS)("no line of $event is wider", (event) => {
    const shown = renderEvent(event, "a/folder/of/actions", true, { columns, paint: (_style, text) => text });
    for (const line of shown.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
    expect(shown).toContain(event.event === "ready" ? "Watching" : "order-status.ts");
  });
});
