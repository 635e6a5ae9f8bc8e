/**
 * Type-checks actions as the sandbox would have them: against the globals of an action and nothing else, whatever the project's own
 * tsconfig says. TypeScript runs as a process of its own, which no run waits for; it is the project's, or ours if it has none.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { insteadOf } from "../../languages/javascript/errors/hints.ts";
import { codeFrame } from "../../languages/code-frame.ts";
import { ACTION_OPTIONS } from "../../languages/javascript/author/options.ts";

export interface TypeError {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Such as `TS2322`. */
  readonly number: string;
  readonly message: string;
  readonly frame: string | null;
}

export type TypeCheck =
  | { readonly type: "checked"; readonly errors: readonly TypeError[] }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly message: string };

const OLDEST = 7;
const LONGEST_MS = 120_000;
const MAX_OUTPUT = 4 * 1024 * 1024;
const DIAGNOSTIC = /^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*)$/;

const own = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const GLOBALS = [own("host-api/globals.d.ts"), own("web/web-globals.d.ts")];
/** What actions may import of ours, also where the package is not installed beside them. */
const OWN_MODULES = { "baton-runtime/hours": [own("host-api/hours")] };

/** Whether TypeScript reads a file: an action may be written in a language that it does not know. */
export const isTyped = (file: string): boolean => /\.[mc]?[tj]s$/.test(file);

/** The path of a TypeScript that can be used from `folder`, or why there is none. */
export function findTypeScript(folder: string): { readonly tsc: string } | { readonly missing: string } {
  let old: string | null = null;
  for (const from of [join(folder, "x.js"), fileURLToPath(import.meta.url)]) {
    try {
      const require = createRequire(from);
      const manifest = require.resolve("typescript/package.json");
      const { version } = require(manifest) as { version: string };
      if (Number.parseInt(version, 10) >= OLDEST) return { tsc: join(dirname(manifest), "bin", "tsc") };
      old ??= version;
    } catch {
      // Not there: the next place.
    }
  }
  const found = old === null ? "" : ` (version ${old} is too old)`;
  return {
    missing: `Types are not checked: npm install --save-dev typescript@${OLDEST} brings what is needed${found}.`,
  };
}

export async function typeCheck(
  tsc: string,
  folder: string,
  files: readonly string[],
  more: { readonly declarations: string; readonly own: readonly string[] },
  signal?: AbortSignal,
): Promise<TypeCheck> {
  const own = await mkdtemp(join(tmpdir(), "baton-types-"));
  try {
    const project = join(own, "tsconfig.json");
    const declarations = join(own, "secrets.d.ts");
    await writeFile(declarations, more.declarations.replaceAll(/^\/\/\/.*\n/gm, ""));
    const all = [...GLOBALS, declarations, ...more.own, ...files];
    await writeFile(
      project,
      JSON.stringify({ compilerOptions: { ...ACTION_OPTIONS, paths: OWN_MODULES }, files: all }),
    );
    const { output, status, stopped } = await runCompiler([tsc, "-p", project, "--pretty", "false"], folder, signal);
    if (stopped) return { type: "stopped" };
    const errors = await readErrors(output, folder, new Set(files));
    if (status !== 0 && errors.length === 0 && !DIAGNOSTIC.test(output.split("\n")[0] ?? "")) {
      const first = output.trim().split("\n")[0] ?? "";
      return { type: "failed", message: `TypeScript could not check the types${first === "" ? "." : `: ${first}`}` };
    }
    return { type: "checked", errors };
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

function runCompiler(
  args: readonly string[],
  cwd: string,
  signal?: AbortSignal,
): Promise<{ readonly output: string; readonly status: number | null; readonly stopped: boolean }> {
  return new Promise((settle) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    const chunks: Buffer[] = [];
    let size = 0;
    let stopped = false;
    const stop = (): void => {
      stopped = true;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(stop, LONGEST_MS);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size < MAX_OUTPUT) chunks.push(chunk);
      });
    }
    const end = (status: number | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      settle({ output: Buffer.concat(chunks).toString("utf8"), status, stopped });
    };
    child.once("error", () => end(1));
    child.once("close", end);
  });
}

/** Only what is about the given files: the globals and packages are not the author's. */
async function readErrors(output: string, folder: string, files: ReadonlySet<string>): Promise<TypeError[]> {
  const found: { file: string; line: number; column: number; number: string; message: string }[] = [];
  for (const text of output.split(/\r?\n/)) {
    const [, path, line, column, number, message] = DIAGNOSTIC.exec(text) ?? [];
    if (path !== undefined) {
      const file = resolve(folder, path);
      found.push({ file, line: Number(line), column: Number(column), number: number!, message: message! });
    } else if (/^\s+\S/.test(text) && found.length > 0) {
      found.at(-1)!.message += `\n${text}`;
    }
  }
  const own = found.filter(({ file, number, message }) => files.has(file) && !isOurReference(number, message));
  return Promise.all(
    own.map(async (error) => ({
      ...error,
      message: inOurWords(error.message),
      frame: await frameOf(error.file, error.line, error.column),
    })),
  );
}

/** TypeScript's advice is for a program of Node's or of a page; an action is neither. */
function inOurWords(message: string): string {
  if (message.includes("'Readonly<BatonSecrets>'"))
    return `${message} Secrets are named under secrets in baton.config.json.`;
  const missing = /^Cannot find name '([\w$]+)'\. Do you need to /.exec(message)?.[1];
  if (missing === undefined) return message;
  return `Cannot find name '${missing}'. ${insteadOf(missing) ?? "Actions do not have it: docs/web-platform.md lists what they have."}`;
}

/** `/// <reference types="baton-runtime/globals" />` where the package is not installed: we bring the globals ourselves. */
function isOurReference(number: string, message: string): boolean {
  return number === "TS2688" && /baton-runtime\/(?:web-)?globals/.test(message);
}

async function frameOf(file: string, line: number, column: number): Promise<string | null> {
  if (!existsSync(file)) return null;
  return codeFrame(await readFile(file, "utf8"), line, column);
}
