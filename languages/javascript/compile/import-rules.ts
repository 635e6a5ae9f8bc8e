/**
 * Decides what an import statement may mean. Nothing resolves unless a rule here says so: the author's own files under the root, and
 * packages of the host's allow-list. Every file is read through `ImportFiles`, after its real path was found to be inside.
 * Runs in the compile process.
 */
import { isBuiltin } from "node:module";
import type { PackageSource } from "../../action.ts";
import { inside } from "../../compile/inside.ts";
import type { ImportFiles } from "../../compile/import-files.ts";
import { ownCandidates } from "./own-candidates.ts";
import { PackageRules } from "./package-rules.ts";
import { refuse, shown } from "./resolution.ts";
import type { Module, Refusal, Resolution } from "./resolution.ts";
import { join, posix } from "node:path";

export interface ImportRequest {
  readonly specifier: string;
  readonly kind: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly importer: Module;
}

export interface ImportRules {
  resolve(request: ImportRequest): Resolution;
}

export function createImportRules(
  root: string | null,
  packages: PackageSource | null,
  files: ImportFiles,
): ImportRules {
  const packageRules = packages === null ? null : new PackageRules(packages, files);
  return {
    resolve(request) {
      const refusal = refuseByForm(request);
      if (refusal !== null) return refusal;
      const { specifier, importer } = request;
      const isRequire = request.kind === "require-call";
      if (importer.owner === "package") {
        if (packageRules === null) return refuse(`"${shown(specifier)}" cannot be imported.`);
        return packageRules.fromPackage(specifier, importer, isRequire);
      }
      if (/^\.\.?(\/|$)/.test(specifier)) return resolveOwn(request, root, files);
      if (specifier.startsWith("#"))
        return refuse(`"${shown(specifier)}" cannot be imported: actions have no import maps.`);
      if (specifier.startsWith("node:")) return refuse(builtinSentence(specifier));
      if (packageRules !== null && packageRules.allows(specifier)) return packageRules.fromAction(specifier, isRequire);
      if (isBuiltin(specifier)) return refuse(builtinSentence(specifier));
      if (/^baton-runtime(?:\/|$)/.test(specifier)) return refuse(GLOBALS_SENTENCE);
      return refuse(
        packages === null
          ? `"${shown(specifier)}" cannot be imported: this runtime offers actions no packages. ${PACKAGES_ADVICE}`
          : `"${shown(specifier)}" cannot be imported: the package is not on this runtime's allow-list. ${PACKAGES_ADVICE}`,
      );
    },
  };
}

const GLOBALS_SENTENCE =
  'The package "baton-runtime" cannot be imported by an action: hand_off_conversation, secrets and fetch are globals, so use them without an import.';
const PACKAGES_ADVICE = "The key packages of baton.config.json allows it: docs/configuration.md.";

function builtinSentence(specifier: string): string {
  return `"${shown(specifier)}" cannot be imported: it is built into Node.js, and actions do not run in Node.js.`;
}

/** What is refused in any file that imports it, by its spelling alone. */
function refuseByForm({ specifier, kind, attributes }: ImportRequest): Refusal | null {
  const name = shown(specifier);
  if (kind !== "import-statement" && kind !== "require-call" && kind !== "dynamic-import") {
    return refuse(`"${name}" cannot be loaded with ${kind === "require-resolve" ? "require.resolve" : kind}.`);
  }
  if (specifier.includes("\0") || specifier.includes("\\"))
    return refuse(`"${name}" is not a path that can be imported.`);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(specifier)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme.length > 1 && scheme !== "node") {
    return refuse(`"${name}" cannot be imported: ${scheme}: URLs are not loaded.`);
  }
  if (specifier.startsWith("/") || scheme?.length === 1)
    return refuse(`"${name}" cannot be imported: the path is absolute.`);
  if (!/^\.\.?(\/|$)/.test(specifier) && leavesItsPackage(specifier))
    return refuse(`"${name}" cannot be imported: a path into a package names its files, without "." or "..".`);
  const attribute = Object.entries(attributes)[0];
  if (attribute !== undefined) {
    const json = attribute[0] === "type" && attribute[1] === "json" && specifier.endsWith(".json");
    if (!json || Object.keys(attributes).length > 1) {
      return refuse(
        `"${name}" cannot be imported with the attribute ${shown(attribute.join(": "))}; only type: "json" for .json files is.`,
      );
    }
  }
  return null;
}

/** Decided by the spelling, before the disk is asked: the answer must not show whether something outside of a package is there. */
function leavesItsPackage(specifier: string): boolean {
  const parts = specifier
    .replaceAll(/%2e/gi, ".")
    .replaceAll(/%2f|%5c/gi, "/")
    .split("/");
  return parts.some((part) => part === "." || part === ".." || part.toLowerCase() === "node_modules");
}

function resolveOwn({ specifier, importer }: ImportRequest, root: string | null, files: ImportFiles): Resolution {
  if (root === null) {
    return refuse(
      `"${shown(specifier)}" cannot be imported: this action is a single source text, without a folder to import from.`,
    );
  }
  const name = posix.join(posix.dirname(importer.name), specifier);
  if (name === ".." || name.startsWith("../") || posix.isAbsolute(name)) {
    return refuse(`"${shown(specifier)}" cannot be imported: it lies outside the action's folder.`);
  }
  if (name.split("/").some((part) => part.toLowerCase() === "node_modules")) {
    return refuse(
      `"${shown(specifier)}" cannot be imported: packages come from the runtime's allow-list, by their name.`,
    );
  }
  for (const candidate of ownCandidates(name, specifier)) {
    const path = join(root, candidate);
    if (files.leadsOutside(path, root)) {
      return refuse(`"${shown(specifier)}" cannot be imported: it leads outside the action's folder.`);
    }
    const real = files.look(path);
    if (real === null) continue;
    if (inside(real, join(root, "node_modules"))) {
      return refuse(
        `"${shown(specifier)}" cannot be imported: packages come from the runtime's allow-list, by their name.`,
      );
    }
    return { type: "module", module: { owner: "action", name: candidate, path, real } };
  }
  if (/\.(?!ts$|mts$|cts$|js$|mjs$|cjs$|json$)[a-z0-9]{1,6}$/i.test(specifier)) {
    return refuse(`"${shown(specifier)}" cannot be imported: an action may import .ts, .js and .json files.`);
  }
  return refuse(`"${shown(specifier)}" cannot be imported: there is no such file.`, "IMPORT_NOT_FOUND");
}
