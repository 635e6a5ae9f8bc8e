/** Baton through its public library, as a candidate: from the invocation in hand to the Outcome. */
import { type Outcome, type Runtime, type RuntimeOptions, createRuntime } from "../runtime/index.ts";
import type { Candidate } from "./candidate.ts";
import { type BenchContext, type Kind, makeContexts, readActionSource } from "./fixture.ts";

export interface Where {
  readonly tenant?: string;
  readonly cordon?: string;
  readonly signal?: AbortSignal;
}

export interface Caller {
  readonly runtime: Runtime;
  /** One execution of the compiled action in a new conversation; throws unless it ended as it should. */
  execute(kind: Kind, where?: Where): Promise<Outcome>;
  /** The same, but gives how it ended instead of throwing: for where runs may be lost, and losing one is a result. */
  attempt(kind: Kind, where?: Where): Promise<Outcome>;
  close(): Promise<void>;
}

/** A runtime with both actions compiled. The host's warnings would be printed; there are none to expect. */
export async function startBaton(options: RuntimeOptions = {}): Promise<Caller> {
  const runtime = await createRuntime(options);
  const hashes = { reply: await compile(runtime, "reply"), "hand-off": await compile(runtime, "hand-off") };
  const next = makeContexts();
  const attempt = async (kind: Kind, { tenant = "bench", ...where }: Where = {}): Promise<Outcome> => {
    const context: BenchContext = next();
    const action = { hash: hashes[kind] };
    return runtime.execute({ action, context, tenant, ...where });
  };
  return {
    runtime,
    attempt,
    async execute(kind, where) {
      const outcome = await attempt(kind, where);
      checkOutcome(outcome, kind);
      return outcome;
    },
    close: () => runtime.close(),
  };
}

async function compile(runtime: Runtime, kind: Kind): Promise<string> {
  const { hash, diagnostics } = await runtime.compile({ source: readActionSource(kind), filename: `${kind}.js` });
  if (diagnostics.length > 0) throw new Error(`the action does not compile: ${diagnostics[0]!.message}`);
  return hash;
}

/** A benchmark of runs that failed would be fast. */
function checkOutcome(outcome: Outcome, kind: Kind): void {
  const handedOff = outcome.handoff?.state === "recorded";
  if (outcome.status !== "returned" || handedOff !== (kind === "hand-off"))
    throw new Error(`an execution ended as ${outcome.status}: ${JSON.stringify(outcome.error ?? outcome.handoff)}`);
}

interface Lane {
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly options?: RuntimeOptions;
  readonly every?: number;
  /** A new cordon, and with it a new process, for every call. */
  readonly cold?: boolean;
}

/** Each with a runtime of its own, so that no candidate's calls prepare or disturb another's isolates. */
export async function batonCandidate({ name, kinds, options = {}, every = 1, cold = false }: Lane): Promise<Candidate> {
  const caller = await startBaton(options);
  let calls = 0;
  return {
    name,
    every,
    close: () => caller.close(),
    async call() {
      const kind = kinds[calls++ % kinds.length]!;
      const where = cold ? { tenant: `tenant-${calls}` } : {};
      const begun = performance.now();
      await caller.execute(kind, where);
      return (performance.now() - begun) * 1_000;
    },
  };
}
