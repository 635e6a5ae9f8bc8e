/**
 * The terminal: what the stream that we write to can show: its width and its colours. The only file of the commands that reads the environment:
 * COLUMNS and CI here, and NO_COLOR, FORCE_COLOR and TERM through Node's own styleText.
 */
import { styleText } from "node:util";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export interface Terminal {
  readonly columns: number;
  readonly paint: (style: Style | readonly Style[], text: string) => string;
}

const NARROWEST = 24;
const WIDEST = 100;
const UNKNOWN = 80;

export function terminalOf(stream: NodeJS.WriteStream): Terminal {
  const asked = stream.columns ?? Number.parseInt(process.env["COLUMNS"] ?? "", 10);
  const columns = Math.min(Math.max(Number.isFinite(asked) && asked > 0 ? asked : UNKNOWN, NARROWEST), WIDEST);
  return {
    columns,
    paint: (style, text) => styleText(typeof style === "string" ? style : [...style], text, { stream }),
  };
}

/** Whether this is a build server: they all set CI, and "false" or "0" takes it back. */
export function isBuildServer(): boolean {
  const { CI = "" } = process.env;
  return !["", "0", "false"].includes(CI.toLowerCase());
}
