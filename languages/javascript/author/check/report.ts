/** The report of a rule: how it names what it found. */
import { codeFrame } from "../../../code-frame.ts";
import type { Diagnostic } from "../../../diagnostic.ts";
import type { Node, Source } from "./syntax.ts";

/** `node` is null where it is about the whole file. */
export type Report = (code: string, node: Node | null, message: string) => void;

export function reportInto(found: Diagnostic[], { file, text }: Source): Report {
  return (code, node, message) => {
    const line = node?.loc.start.line ?? null;
    if (line !== null && isIgnored(text, line, code)) return;
    const column = node === null ? null : node.loc.start.column + 1;
    const frame = line === null || column === null ? null : codeFrame(text, line, column);
    found.push({ code, message, file, line, column, frame, severity: "error" });
  };
}

/** `// baton-ignore CODE` on the line, or on the one before it. */
function isIgnored(text: string, line: number, code: string): boolean {
  const near = text.split("\n").slice(Math.max(0, line - 2), line);
  return near.some((each) => new RegExp(`//.*\\bbaton-ignore\\b.*\\b${code}\\b`).test(each));
}
