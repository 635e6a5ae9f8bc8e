// What the tests of executing share: contexts for every channel, actions as text, and stores of hand-offs that behave as a test wants.
import { createMemoryHandoffs } from "../../runtime/index.ts";
import type { Handoffs, InvocationInput, MemoryHandoffs, Outcome, Runtime } from "../../runtime/index.ts";

/** For tests that do not read the host's log. */
export const SILENT_LOGGER = { debug() {}, info() {}, warn() {}, error() {} };

export const NUMBER = "+15551234567";

let conversations = 0;

/** A context of a conversation that no other test has. */
export function contextOf(channel: string | null, args: Readonly<Record<string, unknown>> = {}) {
  conversations += 1;
  const id = `conversation ${process.pid}-${conversations}`;
  const call = channel === "phone" ? { call: { id: `call ${conversations}`, from: "+15550100123" } } : {};
  return { conversation: { id, latestChannel: channel, ...call }, args };
}

/** An action whose body is `body`. */
export function action(body: string, filename = "action.ts"): { source: string; filename: string } {
  return { source: `export async function execute_action(context: any) {\n${body}\n}\n`, filename };
}

/** Runs `body` on a channel, chat by default. */
export function run(
  runtime: Runtime,
  body: string,
  over: Partial<InvocationInput> & { readonly channel?: string | null } = {},
): Promise<Outcome> {
  const { channel = "chat", ...rest } = over;
  return runtime.execute({ action: action(body), context: contextOf(channel), ...rest });
}

/** Keeps hand-offs in memory but for what a test does otherwise. */
export function handoffsWith(over: (memory: MemoryHandoffs) => Partial<Handoffs>): Handoffs {
  const memory = createMemoryHandoffs();
  const own = over(memory);
  return {
    begin: (request) => (own.begin ? own.begin(request) : memory.begin(request)),
    record: (request) => (own.record ? own.record(request) : memory.record(request)),
    fire: (intentId, signal) => (own.fire ? own.fire(intentId, signal) : memory.fire()),
    standing: (conversation) => (own.standing ? own.standing(conversation) : memory.standing(conversation)),
    end: (tenant, executionId, outcome) =>
      own.end ? own.end(tenant, executionId, outcome) : memory.end(tenant, executionId, outcome),
  };
}

/** What `execute` threw. */
export async function faultOf(work: Promise<unknown>): Promise<{ code?: unknown; retry?: unknown; message: string }> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a fault");
}

export const delay = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
