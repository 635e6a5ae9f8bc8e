/** Compiles what is to become a version, in the runtime's compile process and under its deadline. */
import { join } from "node:path";
import { ProblemError } from "../fault.ts";
import type { Parts } from "../parts.ts";
import { LANGUAGES } from "../routes/languages.ts";
import { actionOf, checkPackages, contentHash, type Content } from "../versions.ts";

/** Versions of an action that are kept, and those in use. */
export const KEEP_VERSIONS = 100;

/** Throws a 422 with diagnostics for what does not compile. */
export async function compileContent(
  parts: Parts,
  tenant: string,
  content: Content,
): Promise<{ args: unknown; diagnostics: readonly unknown[] }> {
  checkPackages(content.packages, parts.offered);
  const source = await actionOf(parts.folders, contentHash(content), content);
  const compiled = await parts.runtime.compile(source, { tenant });
  const { diagnostics } = compiled;
  const failed = diagnostics.find(({ severity }) => severity === "error");
  if (failed !== undefined) throw new ProblemError(422, "NOT_COMPILED", failed.message, { diagnostics });
  return { args: await argsOf(parts, content), diagnostics };
}

/** Of a language whose types can be read; in a process of its own, under the deadline of compiling. */
async function argsOf(parts: Parts, { entry, files, language, ...rest }: Content): Promise<unknown> {
  if (!LANGUAGES[language].hasArgs) return null;
  const root = await parts.folders.root();
  const folder = await parts.folders.of(contentHash({ entry, files, language, ...rest }), files);
  return parts.args.read(join(folder, entry), root, parts.baseLimits.compileMs ?? COMPILE_MS);
}

const COMPILE_MS = 5_000;
