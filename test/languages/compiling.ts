// What the tests of compiling share: a compiler that is closed afterwards, and folders that are removed.
import { afterAll, afterEach } from "@jest/globals";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Artifact, Compiled, CompileLimits, NotCompiled } from "../../languages/action.ts";
import { createCompiler } from "../../languages/compile/compiler.ts";
import type { Compiler, CompilerOptions } from "../../languages/compile/compiler.ts";
import { shippedLanguages } from "../../languages/index.ts";
import type { Diagnostic } from "../../languages/diagnostic.ts";
import { processes } from "../processes.ts";

export const LIMITS: CompileLimits = { sourceBytes: 1024 * 1024, bundleBytes: 5 * 1024 * 1024, compileMs: 20_000 };

const open: Compiler[] = [];
let common: Compiler | null = null;
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((compiler) => compiler.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

afterAll(() => common?.close());

/** One for all tests of a file that ask nothing of their own of it: starting its processes costs more than compiling. */
export function sharedCompiler(): Compiler {
  common ??= createCompiler({ languages: shippedLanguages() });
  return common;
}

export function compiler(options: Omit<CompilerOptions, "languages"> = {}): Compiler {
  const made = createCompiler({ languages: shippedLanguages(), ...options });
  open.push(made);
  return made;
}

export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "baton-compile-")));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

export function bundleOf(compiled: Compiled): Artifact {
  if (!compiled.ok) throw new Error(`did not compile: ${JSON.stringify(compiled.diagnostics)}`);
  return compiled;
}

export function failureOf(compiled: Compiled): NotCompiled {
  if (compiled.ok) throw new Error(`compiled to ${compiled.script}`);
  return compiled;
}

export function firstOf(compiled: Compiled): Diagnostic {
  const first = failureOf(compiled).diagnostics[0];
  if (first === undefined) throw new Error("no diagnostic");
  return first;
}

/** Evaluates a bundle the way the sandbox does. The sources are the tests' own. */
export function load(bundle: Artifact): Record<string, (...args: unknown[]) => unknown> {
  // oxlint-disable-next-line no-eval -- a CommonJS body is a function expression
  const body = (0, eval)(bundle.script) as (exports: object, module: { exports: object }) => void;
  const module = { exports: {} };
  body(module.exports, module);
  return module.exports as Record<string, (...args: unknown[]) => unknown>;
}

/** Process ids of everything that descends from this test process and compiles; esbuild by its group, which outlives its parent. */
export function compileProcesses(): number[] {
  const all = processes();
  const own = new Set(all.filter(({ parent }) => parent === process.pid).map(({ pid }) => pid));
  return all
    .filter(
      ({ pid, group, command }) =>
        (own.has(pid) && /compile\/child\.[jt]s/.test(command)) || (own.has(group) && command.includes("esbuild")),
    )
    .map(({ pid }) => pid);
}
