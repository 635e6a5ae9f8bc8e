/**
 * `import.meta` of each module: `url`, `filename` and `dirname` under the name that the author knows the file by, below a root that is not the
 * machine's. esbuild has one text for `import.meta` in all modules, so it is given a word of this compile, which is found again here by the comment
 * before each module. The names keep their length, so that no column of the source map moves.
 */
import { posix } from "node:path";
import { pathToFileURL } from "node:url";

const WORD = "importMeta_";

/** What stands for `import.meta` while esbuild bundles. */
export function metaWord(mark: string): string {
  return WORD + mark;
}

/** The script with a name for each module's own, and the declarations of these, to be put before everything; "" where no module asks. */
export function nameMeta(
  script: string,
  mark: string,
  moduleAt: (line: string) => string | null,
): { readonly script: string; readonly head: string } {
  const word = metaWord(mark);
  if (!script.includes(word)) return { script, head: "" };
  const names = new Map<string, string>();
  let module = "";
  const lines = script.split("\n").map((line) => {
    module = moduleAt(line) ?? module;
    if (!line.includes(word)) return line;
    const own = names.get(module) ?? WORD + String(names.size).padStart(mark.length, "0");
    names.set(module, own);
    return line.replaceAll(word, own);
  });
  const declared = [...names].map(([name, own]) => `${own} = ${metaOf(name)}`);
  return { script: lines.join("\n"), head: `var ${declared.join(", ")};` };
}

function metaOf(name: string): string {
  const filename = `/${name}`;
  const url = pathToFileURL(filename, { windows: false }).href;
  const meta = { dirname: posix.dirname(filename), filename, url };
  return `{ __proto__: null, ${JSON.stringify(meta).slice(1)}`;
}
