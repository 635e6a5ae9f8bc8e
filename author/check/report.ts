/** How a rule tells what it found. */
import { codeFrame } from "../../languages/code-frame.ts";
import { ruleOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import type { Node, Source } from "./syntax.ts";

/** `node` is null where it is about the whole file. */
export type Report = (code: string, node: Node | null, message: string) => void;

export function reportInto(findings: Finding[], { file, text }: Source): Report {
  return (code, node, message) => {
    const line = node?.loc.start.line ?? null;
    if (line !== null && isIgnored(text, line, code)) return;
    const column = node === null ? null : node.loc.start.column + 1;
    const frame = line === null || column === null ? null : codeFrame(text, line, column);
    findings.push({ code, rule: ruleOf(code), message, file, line, column, frame });
  };
}

/** `// baton-ignore CODE` on the line, or on the one before it. */
function isIgnored(text: string, line: number, code: string): boolean {
  const near = text.split("\n").slice(Math.max(0, line - 2), line);
  return near.some((each) => new RegExp(`//.*\\bbaton-ignore\\b.*\\b${code}\\b`).test(each));
}
