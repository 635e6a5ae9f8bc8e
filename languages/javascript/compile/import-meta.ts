/**
 * `import.meta` and its like, by which a module knows its own file: `import.meta` (`url`, `filename` and `dirname`), and `__filename` and `__dirname` in
 * CommonJS files, under the name that the author knows the file by, below a root that is not the machine's. esbuild has one text for each in all
 * modules, so it is given a word of this compile, which is found again here by the comment before each module. The names keep their length, so that no
 * column of the source map moves.
 */
import { posix } from "node:path";
import { pathToFileURL } from "node:url";

/** By what esbuild is given in its place; the second and third are of CommonJS files alone. */
const WORDS = { "import.meta": "importMeta_", __filename: "fileName_", __dirname: "dirName_" } as const;
type Word = keyof typeof WORDS;
const ALL = Object.keys(WORDS) as Word[];

/** What stands for each while esbuild bundles. */
export function ownFileWords(mark: string): Readonly<Record<Word, string>> {
  const word = (name: Word): string => WORDS[name] + mark;
  return { "import.meta": word("import.meta"), __filename: word("__filename"), __dirname: word("__dirname") };
}

export interface ModuleKind {
  readonly name: string;
  readonly isCommon: boolean;
}

/** The script with a name for each module's own, and the declarations of these, to be put before everything; "" where no module asks. */
export function nameOwnFiles(
  script: string,
  mark: string,
  /** The module that begins at this line of all. */
  moduleAt: (lines: readonly string[], at: number) => ModuleKind | null,
): { readonly script: string; readonly head: string } {
  const words = ownFileWords(mark);
  if (!ALL.some((word) => script.includes(words[word]))) return { script, head: "" };
  const declared: string[] = [];
  const names = new Map<string, string>();
  const nameOf = (word: Word, module: string): string => {
    const key = `${word} ${module}`;
    const known = names.get(key);
    if (known !== undefined) return known;
    const own = WORDS[word] + String(names.size).padStart(mark.length, "0");
    names.set(key, own);
    declared.push(`${own} = ${textOf(word, module)}`);
    return own;
  };
  let module: ModuleKind = { name: "", isCommon: false };
  const lines = script.split("\n");
  const named = lines.map((line, at) => {
    module = moduleAt(lines, at) ?? module;
    return ALL.reduce((text, word) => {
      if (!text.includes(words[word])) return text;
      // An ES module has no such name, as in Node.
      const isMissing = word !== "import.meta" && !module.isCommon;
      return text.replaceAll(words[word], isMissing ? word.padEnd(words[word].length) : nameOf(word, module.name));
    }, line);
  });
  return { script: named.join("\n"), head: declared.length > 0 ? `var ${declared.join(", ")};` : "" };
}

function textOf(word: Word, name: string): string {
  const filename = `/${name}`;
  const dirname = posix.dirname(filename);
  if (word !== "import.meta") return JSON.stringify(word === "__filename" ? filename : dirname);
  const url = pathToFileURL(filename, { windows: false }).href;
  return `{ __proto__: null, ${JSON.stringify({ dirname, filename, url }).slice(1)}`;
}
