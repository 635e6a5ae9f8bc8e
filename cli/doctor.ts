/** `baton doctor`: whether this machine can run actions as promised, and what is missing if not. */
import type { Command, Io } from "./command.ts";
import type { Examined } from "./doctor/examine.ts";
import { defineCommand } from "./define-command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { terminalOf } from "./terminal.ts";
import { visible, visibleJson, wrap } from "../author/text.ts";

const USAGE = {
  synopsis: "doctor [flags]",
  description:
    "Tries out what Baton needs on this machine: Node, the sandbox, the compiler, time zones, memory, the walls of the operating system, and the configuration of the working folder.",
  flags: [
    { name: "json", description: "print the results as one line of JSON" },
    { name: "help", description: "show this text" },
  ],
  examples: ["baton doctor", "baton doctor --json | jq '.checks[] | select(.verdict != \"fine\")'"],
} as const;

const MARKS = { fine: ["green", "✓"], warning: ["yellow", "!"], broken: ["red", "✗"] } as const;

export const doctorCommand: Command = defineCommand(USAGE, async (_given, io, json) => {
  const { examine } = await import("./doctor/examine.ts");
  return show(await examine(), io, json);
});

function show(checks: readonly Examined[], io: Io, json: boolean): ExitStatus {
  const ok = checks.every(({ verdict }) => verdict !== "broken");
  if (json) {
    io.stdout.write(`${visibleJson(JSON.stringify({ ok, checks }))}\n`);
  } else {
    const { paint, columns } = terminalOf(io.stdout);
    for (const { name, verdict, message } of checks) {
      const [style, mark] = MARKS[verdict];
      const text = wrap(`${name}: ${visible(message)}`, columns - 2, "", "  ");
      io.stdout.write(`${paint(style, mark)} ${text.replaceAll("\n", "\n  ")}\n`);
    }
    const end = ok ? paint("green", "Actions run here.") : paint("red", "Actions do not run here as they should.");
    io.stdout.write(`\n${end}\n`);
  }
  return ok ? EXIT.ok : EXIT.failed;
}
