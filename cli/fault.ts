/** Faults of commands: how a command ends that could not do what it was asked: one sentence for people, or one object with `error` for machines. */
import type { Io } from "./command.ts";
import { EXIT } from "./exit.ts";
import type { ExitStatus } from "./exit.ts";
import { InputError } from "../author/input-error.ts";
import { terminalOf } from "./terminal.ts";
import { visible, visibleJson } from "../author/text.ts";

export function fault(error: unknown, io: Pick<Io, "stdout" | "stderr">, json: boolean): ExitStatus {
  const message = error instanceof Error ? error.message : String(error);
  if (json) {
    const { code } = error as { readonly code?: unknown };
    const report = { error: { code: typeof code === "string" ? code : "HOST_FAULT", message } };
    io.stdout.write(`${visibleJson(JSON.stringify(report))}\n`);
  } else {
    io.stderr.write(`${terminalOf(io.stderr).paint("red", "baton:")} ${visible(message)}\n`);
  }
  return error instanceof InputError ? EXIT.invalid : EXIT.failed;
}
