/**
 * The modules that a source may import, as names: a reading of lines, not of syntax. It finds more than there is (a line in a docstring, say), which
 * does no harm: a name only counts where there is a file of it.
 */
const FROM = /^[ \t]*from[ \t]+(\.*)(\w[\w.]*|(?<=\.))[ \t]+import[ \t]+(\([^()]{0,20000}\)|[^\n;#]+)/gm;
const IMPORT = /(?:^|;)[ \t]*import[ \t]+([^\n;#]+)/gm;
/** `if x: from a import b` and the like. */
const INLINE = /[:;][ \t]*(from[ \t]+[\w.]+[ \t]+import[ \t]+[^\n;#]+|import[ \t]+[^\n;#]+)/g;
const MAX_NAMES = 2_000;

/** Dotted names, for a module in this package (the empty text at the top). */
export function importedNames(source: string, inPackage: string): string[] {
  const names = new Set<string>();
  const text = source.replaceAll("\\\n", " ");
  scan(text, inPackage, names);
  for (const [, inline] of text.matchAll(INLINE)) scan(inline!.trim(), inPackage, names);
  return [...names].slice(0, MAX_NAMES);
}

function scan(text: string, inPackage: string, names: Set<string>): void {
  for (const [, dots, module, members] of text.matchAll(FROM)) {
    const base = relativeTo(inPackage, dots!.length, module!);
    if (base === null) continue;
    if (base !== "") names.add(base);
    for (const member of identifiers(members!)) names.add(base === "" ? member : `${base}.${member}`);
  }
  for (const [, list] of text.matchAll(IMPORT)) for (const name of identifiers(list!)) names.add(name);
}

function identifiers(list: string): string[] {
  return list
    .replaceAll(/[()]|#[^\n]*/g, " ")
    .split(",")
    .map((part) => part.trim().split(/\s/)[0]!)
    .filter((name) => /^[^\W\d][\w.]*$/u.test(name));
}

function relativeTo(inPackage: string, dots: number, module: string): string | null {
  if (dots === 0) return module;
  const parts = inPackage === "" ? [] : inPackage.split(".");
  if (dots - 1 > parts.length) return null;
  return [...parts.slice(0, parts.length - (dots - 1)), ...(module === "" ? [] : [module])].join(".");
}
