/** The author's error of a run that did not return: a stable code, a sentence, and the author's own lines. */
import type { MaybePromise } from "../base/promises.ts";
import type { Completion, GuestError, OpenWork, RunEnd } from "../sandbox/index.ts";
import type { Artifact, NotCompiled } from "../languages/action.ts";
import type { Diagnostic } from "../languages/diagnostic.ts";
import type { AuthorErrors, Heading, InnerError, Language } from "../languages/language.ts";
import type { Limits } from "./limits.ts";
import type { OutcomeErrorCode } from "../base/catalogue.ts";
import type { OutcomeError } from "./outcome.ts";

interface Described {
  readonly code: string;
  readonly name: string;
  readonly message: string;
  /** The guest's text, with positions in the artifact. */
  readonly stack: string | null;
}

/** What a run that returned left undone; null where it left nothing. */
export function describeLeftOpen(
  { end }: Completion,
  artifact: Artifact,
  language: Language,
): MaybePromise<string | null> {
  return end.type !== "returned" || end.open === undefined ? null : describeOpen(end.open, artifact, language);
}

async function describeOpen(work: OpenWork, artifact: Artifact, language: Language): Promise<string | null> {
  const { timers, calls, tasks, lateCalls, otherLateCalls, stack } = work;
  const kinds = [[timers, "timer"], [calls, "request"], [tasks, "task"]] as const; // prettier-ignore
  const open = kinds.flatMap(([count, noun]) => (count > 0 ? [counted(count, noun)] : []));
  const sentences: string[] = [];
  if (open.length > 0) {
    const { position } = (await language.errors()).mapStack(stack, artifact);
    const where = position === undefined ? "" : ` (begun at ${position.file}:${position.line}:${position.column})`;
    sentences.push(
      `The action returned while work of its own was open: ${open.join(" and ")}${where}. It was dropped.`,
    );
  }
  if (lateCalls > 0)
    sentences.push(
      `${counted(lateCalls, "call")} of hand_off_conversation came after the action had returned and ${lateCalls === 1 ? "was" : "were"} not heard: nothing was handed off by ${lateCalls === 1 ? "it" : "them"}.`,
    );
  else if (otherLateCalls > 0) sentences.push("Work of the action went on after it had returned, and was dropped.");
  if (sentences.length === 0) return null;
  return `${sentences.join(" ")} Write await before what has to be done (a ${tasks > 0 ? "task, a coroutine" : "promise, a loop that awaits"}) and return afterwards.`;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Undefined for a run that returned. */
export function describeEnd(
  { end, usage }: Completion,
  artifact: Artifact,
  language: Language,
  limits: Limits,
): MaybePromise<OutcomeError | undefined> {
  return end.type === "returned" ? undefined : describeFailed({ end, usage }, artifact, language, limits);
}

async function describeFailed(
  { end, usage }: { readonly end: Failed; readonly usage: Completion["usage"] },
  artifact: Artifact,
  language: Language,
  limits: Limits,
): Promise<OutcomeError> {
  const errors = await language.errors();
  const described = describe(end, artifact, errors, limits);
  const { name } = described;
  const code = described.code as OutcomeErrorCode;
  const { stack, frame, inner, isEntry } = place(end, described, artifact, errors);
  const more = isEntry ? AT_ENTRY : frame === undefined ? null : (errors.hintAt?.(described.message, frame) ?? null);
  const message = more === null ? described.message : `${asSentence(described.message)} ${more}`;
  const base = { code, name, message, retry: retryOf(end, usage.hostCalls) } as const;
  return { ...base, ...(stack ? { stack } : {}), ...(frame ? { frame } : {}), ...(inner ? { inner } : {}) };
}

export function describeDiagnostics({ code, diagnostics }: NotCompiled): OutcomeError {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const shown = errors.length > 0 ? errors : diagnostics;
  const frames = shown.flatMap(({ frame }) => (frame === null ? [] : [frame]));
  return {
    code: code as OutcomeErrorCode,
    name: "CompileError",
    message: shown.map(sentence).join("\n"),
    ...(frames.length > 0 ? { frame: frames[0]! } : {}),
    retry: NO_FAULT_OF_THE_SOURCE.has(code) ? "safe" : "never",
  };
}

/** What was asked for may do better elsewhere or later: the execution id is freed. */
const NO_FAULT_OF_THE_SOURCE: ReadonlySet<string> = new Set(["ACTION_UNKNOWN", "COMPILE_TIMEOUT"]);

function sentence({ file, line, column, message }: Diagnostic): string {
  return file === null || line === null ? message : `${file}:${line}:${column}: ${message}`;
}

type Failed = Exclude<RunEnd, { type: "returned" }>;

function describe(end: Failed, artifact: Artifact, errors: AuthorErrors, limits: Limits): Described {
  switch (end.type) {
    case "threw":
      return {
        code: "ACTION_THREW",
        ...withAdvice(textOf(end.error, errors), end.unhandled === true ? errors.unhandledAdvice : undefined),
      };
    case "bad_result":
      return end.reason === "too_large"
        ? bare("RESULT_TOO_LARGE", "RangeError", `The result is larger than ${limits.returnBytes} bytes (returnBytes).`)
        : {
            code: "RESULT_NOT_JSON",
            ...textOf(end.error, errors),
            message: `The result cannot be written as JSON: ${end.error.message}`,
          };
    case "no_entry":
      return end.found === null
        ? bare("ENTRY_MISSING", "ActionError", noEntry(artifact, errors))
        : bare(
            "ENTRY_NOT_A_FUNCTION",
            "ActionError",
            `${artifact.filename} exports ${end.found.name}, but it is not a function (it is ${article(end.found.type)}).`,
          );
    case "timed_out":
      return { ...timedOut(end, limits), stack: end.stack };
    case "out_of_memory":
      return { ...bare("OUT_OF_MEMORY", "RangeError", memoryText(limits)), stack: end.stack };
    case "crashed":
      return end.ownFault
        ? bare("WORKER_CRASHED", "CrashError", `The run took its process down: ${end.reason}.`)
        : bare(
            "WORKER_LOST",
            "CrashError",
            `The run was lost with its process, through no fault of its own: ${end.reason}.`,
          );
    case "cancelled":
      return bare("CANCELLED", "AbortError", "The run was cancelled.");
    case "refused":
      return end.waited === true
        ? bare(
            "QUEUE_TIMEOUT",
            "RefusedError",
            "The run never began: it waited for a place longer than queueMs allows.",
          )
        : bare("QUEUE_FULL", "RefusedError", "The run never began: its tenant's queue was full.");
    default:
      return end satisfies never;
  }
}

function noEntry(artifact: Artifact, errors: AuthorErrors): string {
  const hint = errors.entryHint(artifact);
  return `${artifact.filename} does not export execute_action(context)${hint === null ? "." : `: ${hint}`}`;
}

function timedOut(end: Extract<RunEnd, { type: "timed_out" }>, { wallMs, cpuMs }: Limits): Described {
  if (end.limit === "cpu")
    return bare("CPU_LIMIT", "TimeoutError", `The action computed for longer than ${cpuMs} ms (cpuMs).`);
  const why = end.waiting ? "; it was still waiting for a promise" : "";
  return bare("WALL_LIMIT", "TimeoutError", `The action did not end within ${wallMs} ms (wallMs)${why}.`);
}

const memoryText = ({ memoryMiB }: Limits): string =>
  `The action used more than ${memoryMiB} MiB of memory (memoryMiB).`;

const article = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : type === "null" ? type : `a ${type}`);

function bare(code: string, name: string, message: string): Described {
  return { code, name, message, stack: null };
}

function textOf({ name, message, stack }: GuestError, errors: AuthorErrors): Omit<Described, "code"> {
  const hint = errors.hintFor(name, message);
  const joined = hint === null ? message : message === "" ? hint : `${message.replace(/\.$/, "")}. ${hint}`;
  return { name, message: joined, stack };
}

/** A rejection that comes before its await is no error that a try around that await could catch. */
function withAdvice<T extends { readonly message: string }>(described: T, advice: string | undefined): T {
  return advice === undefined ? described : { ...described, message: `${described.message} ${advice}` };
}

const AT_ENTRY = "Where it happened is not known, so what is shown is its entry point.";

const asSentence = (message: string): string => (/[.!?)]$/.test(message) ? message : `${message}.`);

interface Place {
  readonly stack?: string | undefined;
  readonly frame?: string | undefined;
  readonly inner?: readonly InnerError[] | undefined;
  readonly isEntry: boolean;
}

/** Where it happened; where that cannot be known, the entry point that was running. */
function place(end: RunEnd, described: Described, artifact: Artifact, errors: AuthorErrors): Place {
  const mapped = errors.mapStack(described.stack, artifact, headingOf(described));
  if (mapped.frame !== undefined) return { ...mapped, isEntry: false };
  const hasRun =
    end.type === "timed_out" || end.type === "out_of_memory" || end.type === "crashed" || end.type === "bad_result";
  const entry = hasRun ? errors.entryPosition(artifact) : null;
  return { stack: mapped.stack, frame: entry?.frame, inner: mapped.inner, isEntry: entry !== null };
}

/** The engine's own sentence of a limit gives way to ours. */
function headingOf({ code, name, message }: Described): Heading {
  return { text: `${name}: ${message}`, replaces: code === "CPU_LIMIT" || code === "WALL_LIMIT" };
}

function retryOf(end: RunEnd, hostCalls: number): OutcomeError["retry"] {
  if (end.type === "no_entry") return "never";
  return hostCalls === 0 ? "safe" : "unsafe";
}
