/** The files that an import of the author's own may mean, in the order they are tried. Declaration files and other kinds never match. */
const IMPORTABLE = /\.(?:[mc]?ts|[mc]?js|json)$/;
const DECLARATION = /\.d\.[mc]?ts$/;
const SUFFIXES = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];

/** `name` is relative to the root, with forward slashes. */
export function ownCandidates(name: string, specifier: string): string[] {
  const base = name.replace(/\/$/, "");
  const folderOnly = specifier.endsWith("/") || /(?:^|\/)\.\.?$/.test(specifier);
  const files: string[] = [];
  if (!folderOnly) {
    files.push(base);
    // TypeScript's way: an import of the .js file that a .ts file will become.
    const script = /^(.*)\.([mc]?)js$/.exec(base);
    if (script !== null) files.push(`${script[1]}.${script[2]}ts`);
    for (const suffix of SUFFIXES) files.push(base + suffix);
  }
  const index = base === "." ? "index" : `${base}/index`;
  for (const suffix of SUFFIXES) files.push(index + suffix);
  return files.filter((file) => IMPORTABLE.test(file) && !DECLARATION.test(file));
}
