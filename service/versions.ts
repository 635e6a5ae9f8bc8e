/** From the content of a version to what the runtime takes: text, or files in a folder of this node, written once for each hash. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { z } from "zod";
import type { ActionSource } from "../runtime/index.ts";
import { invalid, ProblemError } from "./fault.ts";
import type { Folders } from "./folders.ts";
import type { versionBody } from "./routes/actions.ts";
import { type LanguageName, LANGUAGES, languageOf } from "./routes/languages.ts";
import type { NewVersion, VersionRow } from "./store/operations/actions.ts";

export type VersionContent = z.output<typeof versionBody>;

export interface Content {
  readonly entry: string;
  readonly language: LanguageName;
  readonly files: Readonly<Record<string, string>>;
  readonly packages: readonly string[];
}

const MAX_FILES = 500;
/** Of all files of a version, which each run of it reads: as much as what they may be compiled to. */
const MAX_CHARS = 5 * 1024 * 1024;

export function readContent(
  given: Pick<VersionContent, "source" | "files" | "entry" | "language" | "packages">,
): Content {
  const { source, files } = given;
  const chosen = given.entry ?? `action${LANGUAGES[given.language ?? "typescript"].endings[0]}`;
  const entry = source === undefined ? (given.entry ?? onlyEntry(files ?? {}, chosen)) : chosen;
  const language = given.language ?? languageOf(entry);
  if (languageOf(entry) !== language && !(language === "javascript" && languageOf(entry) === "typescript")) {
    throw invalid("body.language", `${entry} is a file of ${languageOf(entry)}`);
  }
  const all = source === undefined ? (files ?? {}) : { [entry]: source };
  if (all[entry] === undefined) throw invalid("body.entry", `there is no file ${entry}`);
  const names = Object.keys(all);
  if (names.length > MAX_FILES) throw invalid("body.files", `more than ${MAX_FILES} files`);
  const chars = names.reduce((sum, name) => sum + all[name]!.length, 0);
  if (chars > MAX_CHARS)
    throw invalid(source === undefined ? "body.files" : "body.source", `more than ${MAX_CHARS} characters`);
  for (const name of names) checkName(name, source === undefined ? "body.files" : "body.entry");
  return { entry, language, files: all, packages: [...new Set(given.packages)].sort() };
}

/** Without `entry`, the file named `action`, or the only one. */
function onlyEntry(files: Readonly<Record<string, string>>, usual: string): string {
  const names = Object.keys(files);
  if (names.includes(usual)) return usual;
  const [found] = names.filter((name) => /^action\.[a-z]+$/.test(name));
  return found ?? (names.length === 1 ? names[0]! : usual);
}

function checkName(name: string, path: string): void {
  const parts = name.split("/");
  const bad = parts.some((part) => part === "" || part === "." || part === ".." || part.length > 100);
  // oxlint-disable-next-line no-control-regex -- these are what must not stand in it
  if (bad || /[\\\u0000-\u001f\u007f:]/.test(name))
    throw invalid(path, `${JSON.stringify(name)} is no plain relative path`);
}

/** The same content gives the same hash: entry, files, packages, language. */
export function contentHash({ entry, language, files, packages }: Content): string {
  const sorted = Object.entries(files).sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([entry, language, packages, sorted]))
    .digest("hex");
}

export function checkPackages(packages: readonly string[], offered: Readonly<Record<string, string>>): void {
  const missing = packages.find((name) => !Object.hasOwn(offered, name));
  if (missing === undefined) return;
  const list = Object.keys(offered).join(", ") || "none";
  throw new ProblemError(
    422,
    "PACKAGE_UNAVAILABLE",
    `The operator does not offer the package ${missing} (offered: ${list}).`,
  );
}

export async function sourceOf(
  folders: Folders,
  { hash, entry, files, packages }: Pick<VersionRow, "hash" | "entry" | "files" | "packages">,
): Promise<ActionSource> {
  const content = {
    entry,
    files: JSON.parse(files) as Record<string, string>,
    packages: JSON.parse(packages) as string[],
  };
  return actionOf(folders, hash, content);
}

/** What a version does not name it cannot import, whatever the operator offers to others. */
export async function actionOf(
  folders: Folders,
  hash: string,
  { entry, files, packages }: Pick<Content, "entry" | "files" | "packages">,
): Promise<ActionSource> {
  if (Object.keys(files).length === 1) return { source: files[entry] ?? "", filename: entry, packages };
  const root = await folders.of(hash, files);
  return { file: join(root, entry), root, packages };
}

export function newVersion(content: Content, given: Pick<VersionContent, "note" | "tags">, made: Made): NewVersion {
  return {
    hash: contentHash(content),
    entry: content.entry,
    language: content.language,
    files: JSON.stringify(content.files),
    packages: JSON.stringify(content.packages),
    note: given.note?.replaceAll("\0", "") ?? null,
    tags: JSON.stringify(given.tags ?? []),
    args: made.args === null ? null : JSON.stringify(made.args),
    diagnostics: JSON.stringify(made.diagnostics),
  };
}

export interface Made {
  readonly args: unknown;
  readonly diagnostics: readonly unknown[];
}
