/**
 * Reads the places that the prelude gave for what was raised. All of it is hostile: the action can forge the text, so a place counts only where the
 * artifact has such a file and such a line, and nothing that names another file is repeated.
 */
import { z } from "zod";
import type { Artifact } from "../../action.ts";
import { codeFrame, firstLineOf, printable } from "../../code-frame.ts";
import type { Heading, InnerError, MappedStack } from "../../language.ts";
import type { Position } from "../../position.ts";
import { SourcePositions } from "../../source-positions.ts";

const NAME_LENGTH = 120;
const HEADER_LENGTH = 2_000;
const MAX_FRAMES = 50;
const NOTE = "the action's entry point";

const place = z.tuple([z.string(), z.int(), z.int(), z.string()]);
const traceSchema = z.object({
  frames: z.array(place).max(100),
  links: z
    .array(
      z.object({
        how: z.enum(["cause", "context", "group"]),
        name: z.string(),
        message: z.string(),
        frames: z.array(place).max(100),
      }),
    )
    .max(20),
});

type Place = z.infer<typeof place>;

const LABELS = { cause: "Caused by", context: "While handling", group: "One of" } as const;

/** `raw` is the JSON text of a trace, as the prelude writes it. */
export function mapTrace(raw: string | null, artifact: Artifact, heading?: Heading): MappedStack {
  const trace = raw === null ? null : readTrace(raw);
  if (trace === null) return {};
  const positions = positionsOf(artifact);
  const own = trace.frames.filter((frame) => isKnown(frame, positions));
  const lines = [headerText(heading?.text ?? "Error"), ...shorten(own.map(frameText))];
  const inner: InnerError[] = [];
  for (const { how, name, message, frames } of trace.links) {
    const known = frames.filter((frame) => isKnown(frame, positions));
    lines.push(headerText(`${LABELS[how]}: ${name}: ${message}`));
    lines.push(...shorten(known.map(frameText)));
    inner.push({ label: LABELS[how], title: headerText(`${name}: ${message}`), ...frameOf(known[0], positions) });
  }
  const stack = lines.join("\n");
  const more = inner.length > 0 ? { inner } : {};
  const first = own[0] ?? trace.links.flatMap(({ frames }) => frames).find((frame) => isKnown(frame, positions));
  if (first === undefined) return { stack, ...more };
  const [file, line, column] = first;
  return { stack, ...frameOf(first, positions), position: { file, line, column }, ...more };
}

function frameOf(at: Place | undefined, positions: SourcePositions): { readonly frame?: string } {
  if (at === undefined) return {};
  const [file, line, column] = at;
  const frame = frameAt(positions, { file, line, column });
  return frame === null ? {} : { frame };
}

export function entryPosition(artifact: Artifact): (Position & { readonly frame: string }) | null {
  const positions = positionsOf(artifact);
  if (!positions.entry) return null;
  const found = { file: artifact.filename, ...positions.entry };
  const frame = frameAt(positions, found, NOTE);
  return frame === null ? null : { ...found, frame };
}

const positionsOf = ({ map, positions }: Artifact): SourcePositions => positions ?? new SourcePositions(map);

function frameAt(positions: SourcePositions, { file, line, column }: Position, message?: string): string | null {
  const source = positions.contentOf(file);
  if (source === null) return null;
  return codeFrame(source, line, column, message, positions.lineBefore(file, firstLineOf(line)));
}

function readTrace(raw: string): z.infer<typeof traceSchema> | null {
  try {
    const read = traceSchema.safeParse(JSON.parse(raw));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

/** Whether the artifact has such a line. */
function isKnown([file, line, column]: Place, positions: SourcePositions): boolean {
  const source = positions.contentOf(file);
  if (source === null || line < 1 || column < 1) return false;
  return codeFrame(source, line, 1, undefined, positions.lineBefore(file, firstLineOf(line))) !== null;
}

function frameText([file, line, column, name]: Place): string {
  const clean = printable(name).slice(0, NAME_LENGTH);
  const shown = /[/\\]|\w:\w/.test(clean) ? "<anonymous>" : clean;
  return `    at ${shown} (${printable(file)}:${line}:${column})`;
}

/** The same frame many times over, as recursion leaves it, is said once. */
function shorten(frames: readonly string[]): string[] {
  const lines: string[] = [];
  for (let index = 0; index < frames.length && lines.length < MAX_FRAMES;) {
    let same = 1;
    while (frames[index + same] === frames[index]) same += 1;
    lines.push(frames[index]!);
    if (same > 2) lines.push(`    … ${same - 1} more times`);
    else if (same === 2) lines.push(frames[index]!);
    index += same;
  }
  return lines;
}

function headerText(header: string): string {
  const text = header.split(/\r?\n/).map(printable).join("\n");
  return text.length > HEADER_LENGTH ? `${text.slice(0, HEADER_LENGTH)}…` : text;
}
