/** One runtime for the Python of a test file, and actions as text. */
import { afterAll, beforeAll } from "@jest/globals";
import {
  type InvocationInput,
  type Outcome,
  type Runtime,
  type RuntimeOptions,
  createRuntime,
} from "../../../runtime/index.ts";
import { SILENT_LOGGER, contextOf } from "../../runtime/executing.ts";

export type Run = (source: string, over?: Partial<InvocationInput>) => Promise<Outcome>;

/** `source` is a module, or the body of `execute_action`. */
export function usePython(options: RuntimeOptions = {}): { readonly run: Run; readonly runtime: () => Runtime } {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ logger: SILENT_LOGGER, workers: 1, ...options });
  });
  afterAll(() => runtime.close());
  const run: Run = (source, over = {}) =>
    runtime.execute({
      action: { source: toModule(source), filename: "x.py" },
      context: contextOf("chat", { orderId: "A-1" }),
      ...over,
    });
  return { run, runtime: () => runtime };
}

export function toModule(source: string): string {
  if (/^(?:async )?def execute_action|^execute_action\b|^x = 1$/m.test(source)) return source;
  return `def execute_action(context):\n${source
    .trim()
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n")}\n`;
}
