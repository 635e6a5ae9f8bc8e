/**
 * JSX in TypeScript: whether a source that does not parse is right but for its JSX. In TypeScript `<div>` reads like an old cast, so the parser
 * complains of something further on that the author never meant. Runs in the compile process, and only for sources that do not parse.
 */
import { parse } from "@babel/parser";

export interface JsxPlace {
  readonly line: number;
  /** From 0, in UTF-16 units. */
  readonly column: number;
}

/** Where the first JSX is; null where there is none, or where the source is wrong in another way as well. */
export function findJsx(text: string): JsxPlace | null {
  try {
    const { program } = parse(text, {
      sourceType: "unambiguous",
      allowReturnOutsideFunction: true,
      plugins: ["jsx", "typescript", "decorators"],
    });
    return firstJsx(program);
  } catch {
    return null;
  }
}

function firstJsx(node: unknown): JsxPlace | null {
  if (node === null || typeof node !== "object") return null;
  const { type, loc } = node as { type?: unknown; loc?: { start: JsxPlace } };
  if ((type === "JSXElement" || type === "JSXFragment") && loc !== undefined)
    return { line: loc.start.line, column: loc.start.column };
  for (const child of Array.isArray(node) ? (node as unknown[]) : Object.values(node)) {
    const found = firstJsx(child);
    if (found !== null) return found;
  }
  return null;
}
