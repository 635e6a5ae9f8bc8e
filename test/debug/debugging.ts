// What the tests of the debugger share: a folder with an action of two files, and a run of it under a debugger.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Debugger, createDebugger } from "../../debug/index.ts";
import type { InvocationInput, Outcome, Runtime, RuntimeOptions } from "../../runtime/index.ts";
import { SILENT_LOGGER, contextOf } from "../runtime/executing.ts";
import { Client } from "./client.ts";

export interface Folder extends Disposable {
  readonly path: string;
  file(name: string): string;
}

export function folderOf(files: Readonly<Record<string, string>>): Folder {
  const path = mkdtempSync(join(tmpdir(), "baton-debug-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return { path, file: (name) => join(path, name), [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

export interface Inspected extends AsyncDisposable {
  readonly debug: Debugger;
  readonly runtime: Runtime;
  /** Where the inspector listens, once it does. */
  readonly url: Promise<string>;
}

export async function inspected(
  options: RuntimeOptions = {},
  over: { wait?: boolean; stopFirst?: boolean } = {},
): Promise<Inspected> {
  const { promise: url, resolve } = Promise.withResolvers<string>();
  const { wait = true, stopFirst = false } = over;
  const debug = createDebugger({ inspect: { port: 0, wait, stopFirst, onListening: resolve } });
  const runtime = await debug.createRuntime({ logger: SILENT_LOGGER, ...options });
  return {
    debug,
    runtime,
    url,
    async [Symbol.asyncDispose]() {
      await debug.close();
      await runtime.close();
    },
  };
}

export interface Session extends AsyncDisposable {
  readonly client: Client;
  readonly outcome: Promise<Outcome>;
}

/** A run that waits, with a client that has seen its scripts and not yet said that it is ready. */
export async function session(
  { runtime, url }: Inspected,
  file: string,
  over: Partial<InvocationInput> & { readonly channel?: string } = {},
): Promise<Session> {
  const { channel = "chat", ...rest } = over;
  const outcome = runtime.execute({ action: { file }, context: contextOf(channel, { orderId: "A-1" }), ...rest });
  // A test that fails before it looks at the outcome has said why.
  outcome.catch(() => undefined);
  const client = await Client.attach(await url);
  return {
    client,
    outcome,
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}

/** What does not differ between two runs of the same. */
export function comparable({ logs, handoff, ...rest }: Outcome) {
  return {
    ...rest,
    executionId: "",
    usage: null,
    handoff: handoff && { ...handoff, intentId: "" },
    logs: logs.map(({ level, message }) => ({ level, message })),
  };
}
