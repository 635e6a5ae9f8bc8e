/**
 * The host's side of compiling: reads the action, asks the cache, and otherwise lends one of a few compile processes. Whatever is
 * wrong with an action ends as diagnostics, also when it takes the compile process down; only faults of the host reject.
 */
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import type { ActionSource, Compiled, CompileLimits, NotCompiled, PackageSource } from "../action.ts";
import { BundleCache } from "./cache.ts";
import type { CachedEnd } from "./cache.ts";
import { ActionMemo } from "./memo.ts";
import { closedFault, CompilePool } from "./pool.ts";
import type { CompileResult } from "./messages.ts";
import type { CompileAnswer } from "./process.ts";
import { wholeActionError } from "../diagnostic.ts";
import { DIRECTLY, type Starter } from "../../sandbox/index.ts";
import { HostFault } from "../../base/fault.ts";
import { readAction } from "./read-action.ts";
import type { ReadAction } from "./read-action.ts";
import type { Language } from "../language.ts";
import type { Languages } from "../registry.ts";
import { type EventSource, createEmitter } from "../../base/events.ts";
import type { CompileEvent } from "./events.ts";
import { SourcePositions } from "../source-positions.ts";

export interface CompilerOptions {
  readonly languages: Languages;
  readonly packages?: PackageSource | undefined;
  /** What the options say of each language alone, by its id: JSON. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly cacheBytes?: number;
  /** Compiles of one tenant at once. */
  readonly processes?: number;
  /** Compiles that may wait, for each tenant. */
  readonly queuePerTenant?: number | undefined;
  /** A compile process that was idle for this long is ended. */
  readonly idleMs?: number;
  /** Resident memory that a compile process and esbuild may hold together, kept where the system shows it (Linux). */
  readonly memoryBytes?: number;
  /** What starts the compile processes. Default: the host itself. */
  readonly starter?: Starter;
}

export interface Compiler {
  readonly events: EventSource<CompileEvent>;
  /** What is known of an action without a wait; null where it takes one to say. */
  lookUp(action: ActionSource, limits: CompileLimits): Compiled | null;
  /** Resolves for everything that can be wrong with an action; rejects with a HostFault if closed or if no process can be started. */
  compile(action: ActionSource, limits: CompileLimits, tenant?: string): Promise<Compiled>;
  /** Has a compile process started before anything is to be compiled. */
  startAhead(): void;
  close(): Promise<void>;
}

/** The code of an action that was not even tried, because its tenant's queue was full. */
export const QUEUE_FULL = "QUEUE_FULL";

interface Asked {
  readonly action: Extract<ReadAction, { ok: true }>;
  /** Names and versions of the packages that it may import. */
  readonly allow: readonly (readonly [name: string, version: string])[];
}

const MEBIBYTE = 1024 * 1024;
/** Of UTF-8, for one unit of a text. */
const MAX_BYTES = 3;
/** Part of every hash: to be raised when the same source would compile to something else. */
const FORMAT = "2";

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over one cache and one pool
export function createCompiler(options: CompilerOptions): Compiler {
  const cache = new BundleCache(options.cacheBytes ?? 64 * MEBIBYTE);
  const { languages } = options;
  const pool = new CompilePool({
    compiler: languages.all[0]!.compiler,
    processes: options.processes ?? 2,
    queuePerTenant: options.queuePerTenant ?? 1_000,
    idleMs: options.idleMs ?? 30_000,
    memoryBytes: options.memoryBytes ?? 768 * MEBIBYTE,
    starter: options.starter ?? DIRECTLY,
    packages: options.packages ?? null,
    folders: languages.all.flatMap((language) => language.compilerFolders?.() ?? []),
  });
  const memo = new ActionMemo();
  const running = new Map<string, Promise<Compiled>>();
  const events = createEmitter<CompileEvent>();
  const offered = Object.entries(options.packages?.allow ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const allowedTo = (names: readonly string[] | undefined): [string, string][] =>
    names === undefined ? offered : offered.filter(([name]) => names.includes(name));

  async function compileAnew(key: string, asked: Asked, limits: CompileLimits, tenant: string): Promise<Compiled> {
    const { action, allow } = asked;
    const { filename } = action;
    const language = languages.byFilename(filename);
    const settings = options.settings?.[language.id] ?? null;
    const request = await requestOf(asked, language, settings, options.packages);
    const { sourceBytes, bundleBytes, compileMs } = limits;
    const answer = await pool.compile({ ...request, sourceBytes, bundleBytes }, compileMs, tenant);
    const base = digest("action", FORMAT, filename, action.source, JSON.stringify([allow, settings]));
    if (answer.type !== "result") return didNotEnd(answer, base, filename, limits);
    const hash = withContents(base, answer.result);
    const end = settle(answer.result, hash, filename, language);
    cache.set(key, end, answer.result.stamps);
    return within(end, limits, filename) ?? didNotEnd({ type: "crashed" }, hash, filename, limits);
  }

  /** Joins a compile of the same tenant that is under way: joined to another's, it would wait in that one's queue. */
  function compileOnce(key: string, asked: Asked, limits: CompileLimits, tenant: string): Promise<Compiled> {
    const flight = `${key} ${limits.bundleBytes} ${limits.sourceBytes} ${limits.compileMs} ${tenant}`;
    const shared = running.get(flight);
    if (shared !== undefined) return shared;
    const since = performance.now();
    const compiling = compileAnew(key, asked, limits, tenant).finally(() => running.delete(flight));
    void compiling.then(
      (compiled) => note(compiled, asked.action.filename, tenant, performance.now() - since),
      () => undefined,
    );
    running.set(flight, compiling);
    return compiling;
  }

  function note(compiled: Compiled, filename: string, tenant: string, ms: number): void {
    events.emit(() => {
      const language = languages.byFilename(filename).id;
      const { ok, hash } = compiled;
      return { event: "compile.ended", tenant, language, hash, ok, code: compiled.ok ? null : compiled.code, ms };
    });
  }

  return {
    events,
    lookUp(action, limits) {
      if (pool.closed) return null;
      if ("hash" in action) return known(cache.getByHash(action.hash), action.hash, limits);
      if (!("source" in action) || action.source.length * MAX_BYTES > limits.sourceBytes) return null;
      const noted = memo.find(action.source, action.filename, action.packages);
      const end = noted === undefined ? null : cache.peek(noted.key);
      return end === null ? null : within(end, limits, noted!.shown);
    },
    async compile(action, limits, tenant = "") {
      if (pool.closed) throw closedFault();
      if ("hash" in action) return known(cache.getByHash(action.hash), action.hash, limits);
      const read = await readAction(action, limits.sourceBytes);
      if (!read.ok) return failed(digest("unread", JSON.stringify(read.diagnostic)), [read.diagnostic]);
      const allow = allowedTo(action.packages);
      const key = digest("key", FORMAT, read.filename, read.source, JSON.stringify([read.root, allow]));
      if ("source" in action) {
        const { source, filename, packages } = action;
        memo.note(source, { filename, packages, shown: read.filename, key });
      }
      const cached = await cache.get(key);
      const answer = cached === null ? null : within(cached, limits, read.filename);
      if (answer !== null) return answer;
      return compileOnce(key, { action: read, allow }, limits, tenant);
    },
    startAhead() {
      pool.startAhead();
    },
    async close() {
      await pool.close();
    },
  };
}

/** What a compile process is asked, but for the limits. */
async function requestOf(
  { action, allow }: Asked,
  language: Language,
  settings: unknown,
  packages: PackageSource | undefined,
) {
  const { filename, source, root } = action;
  const folder = packages === undefined ? null : await realFolder(packages.folder);
  return {
    compiler: language.compiler,
    filename,
    source,
    root,
    packages: folder === null ? null : { folder, allow: Object.fromEntries(allow) },
    settings,
    reads: language.compilerReads?.(settings) ?? [],
  };
}

/** The hash of the source with all that it was made of. */
function withContents(base: string, { contents }: CompileResult): string {
  if (contents.length === 0) return base;
  return digest(base, JSON.stringify([...contents].sort(([a], [b]) => (a < b ? -1 : 1))));
}

function settle(result: CompileResult, hash: string, filename: string, language: Language): CachedEnd {
  if (result.type === "too_large") return { tooLargeBytes: result.bytes, hash };
  if (result.type === "failed") return { compiled: failed(hash, result.diagnostics) };
  const { script, map, index, inputs, warnings } = result;
  const positions = index === null ? undefined : new SourcePositions(map, index);
  return {
    compiled: {
      ok: true,
      hash,
      language: language.id,
      filename,
      script,
      map,
      ...(positions === undefined ? {} : { positions }),
      inputs,
      warnings,
    },
  };
}

/** The cached end under these limits; null where it has to be compiled again because more is allowed now. */
function within(end: CachedEnd, limits: CompileLimits, filename: string): Compiled | null {
  if ("compiled" in end) {
    const { compiled } = end;
    if (!compiled.ok || compiled.script.length * MAX_BYTES <= limits.bundleBytes) return compiled;
    if (Buffer.byteLength(compiled.script) <= limits.bundleBytes) return compiled;
    return bundleTooLarge(compiled.hash, Buffer.byteLength(compiled.script), limits, filename);
  }
  return end.tooLargeBytes > limits.bundleBytes ? bundleTooLarge(end.hash, end.tooLargeBytes, limits, filename) : null;
}

function known(end: CachedEnd | null, hash: string, limits: CompileLimits): Compiled {
  const compiled = end === null ? null : within(end, limits, "The action");
  if (compiled !== null) return compiled;
  const text = "No action with this hash is kept here; compile its source again.";
  return failed(hash, [wholeActionError("ACTION_UNKNOWN", text)]);
}

function bundleTooLarge(hash: string, bytes: number, limits: CompileLimits, filename: string): NotCompiled {
  const text = `${filename} with everything that it imports makes ${bytes} bytes; a bundle may have ${limits.bundleBytes}.`;
  return failed(hash, [wholeActionError("BUNDLE_TOO_LARGE", text, filename)]);
}

function didNotEnd(
  answer: Exclude<CompileAnswer, { type: "result" }>,
  hash: string,
  filename: string,
  limits: CompileLimits,
): NotCompiled {
  if (answer.type === "unavailable") {
    throw new HostFault("COMPILER_UNAVAILABLE", "The compile process could not be started.", "safe");
  }
  const [code, text] = {
    timed_out: ["COMPILE_TIMEOUT", `${filename} did not compile within ${limits.compileMs} ms.`],
    out_of_memory: [
      "COMPILE_OUT_OF_MEMORY",
      `${filename} took more memory to compile than the compiler may use; it may be nested too deeply.`,
    ],
    crashed: ["COMPILE_CRASHED", `${filename} made the compiler crash; it may be nested too deeply.`],
    refused: [QUEUE_FULL, "Too many actions of this tenant are waiting to be compiled."],
  }[answer.type] as [string, string];
  return failed(hash, [wholeActionError(code, text, filename)]);
}

function failed(hash: string, diagnostics: NotCompiled["diagnostics"]): NotCompiled {
  return { ok: false, hash, code: diagnostics[0]?.code ?? "SYNTAX_ERROR", diagnostics };
}

function digest(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  // Lengths first, so that no two lists of parts read the same.
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex");
}

async function realFolder(folder: string): Promise<string> {
  return realpath(folder).catch(() => folder);
}
