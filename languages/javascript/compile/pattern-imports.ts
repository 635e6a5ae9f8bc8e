/**
 * Finds imports by a pattern, such as `import("./x/" + name)`. esbuild would look through the host's folders for files that match, without
 * asking any plugin, so they have to be refused before it bundles. What is searched is the text that esbuild prints for the source
 * without bundling: no comments, escapes or constant sums can hide one there. Text in a string that reads like one is refused as well.
 * Runs in the compile process.
 */
const GAP = String.raw`(?:\s|/\*[\s\S]*?\*/|//[^\n]*\n)*`;
const MAY_IMPORT = /\bimport\b|require|\\u/;
/** A call that is not plainly one of a name in quotes: few files of a package have one, and printing all of a large package takes its time. */
const MAY_BE_PATTERN = new RegExp(
  String.raw`\\u|(?<![\w$])(?:import|require)${GAP}[.?(](?!(?<=\()${GAP}(?:"[^"\\\n]*"|'[^'\\\n]*')${GAP}\)|(?<=\.)meta\b)`,
);
const PATTERN = new RegExp(
  String.raw`(?<![\w$])(?:import(?:\.\w+)?|require)${GAP}\(${GAP}(?:` +
    [
      String.raw`"[./](?:[^"\\\n]|\\.)*"${GAP}\+`,
      String.raw`'[./](?:[^'\\\n]|\\.)*'${GAP}\+`,
      "`(?:[./](?:[^`\\\\$]|\\\\[\\s\\S]|\\$(?!\\{))*)?\\$\\{",
    ].join("|") +
    ")",
);

export interface Printed {
  readonly code: string;
  readonly map: string;
}

/** Where the first one is; line from 1, column from 0 in UTF-16 units. Rejects as `print` does: what cannot be searched is not bundled. */
export async function findPatternImport(
  source: string,
  owner: "action" | "package",
  print: () => Promise<Printed>,
): Promise<{ line: number; column: number } | null> {
  if (!(owner === "action" ? MAY_IMPORT : MAY_BE_PATTERN).test(source)) return null;
  const printed = await print();
  const found = PATTERN.exec(printed.code);
  if (found === null) return null;
  const before = printed.code.slice(0, found.index);
  const { decode } = await import("@jridgewell/sourcemap-codec");
  const mappings = decode((JSON.parse(printed.map) as { readonly mappings: string }).mappings);
  const line = before.split("\n").length - 1;
  const column = found.index - (before.lastIndexOf("\n") + 1);
  // The last segment at or before the place; what was printed has no line without one.
  const at = mappings[line]?.findLast(([printedColumn, source]) => printedColumn <= column && source !== undefined);
  return { line: (at?.[2] ?? 0) + 1, column: at?.[3] ?? 0 };
}
