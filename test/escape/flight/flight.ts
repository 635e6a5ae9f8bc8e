/** Many runs in one worker process, at the level of the sandbox: with an async host function to wait for and a sync one that counts as seen. */
import { afterEach } from "@jest/globals";
import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import {
  type Completion,
  DEFAULT_SANDBOX_LIMITS,
  type HostFunctions,
  type RunRequest,
  type Sandbox,
  type SandboxLimits,
  type SandboxOptions,
  createSandbox,
  scriptImage,
} from "../../../sandbox/index.ts";

const PRELUDE = `(bridge) => {
  globalThis.sleep = (ms) => bridge.callAsync("sleep", JSON.stringify(ms));
  globalThis.mark = (text) => bridge.call("mark", JSON.stringify(text));
  globalThis.later = (ms, task) => bridge.schedule(task, ms);
}`;

const open: Sandbox[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((sandbox) => sandbox.close()));
});

export function sandboxWith(options: SandboxOptions): Sandbox {
  const made = createSandbox({
    image: scriptImage({ preludes: [{ name: "flight", code: PRELUDE }] }),
    memoryMiB: 32,
    ...options,
  });
  open.push(made);
  return made;
}

export interface Seen {
  readonly marks: string[];
  waiting: number;
  mostWaiting: number;
}

export const nothingSeen = (): Seen => ({ marks: [], waiting: 0, mostWaiting: 0 });

export interface Flight {
  readonly body: string;
  readonly tenant?: string;
  readonly cordon?: string;
  readonly limits?: Partial<SandboxLimits>;
  readonly signal?: AbortSignal;
}

export function fly(sandbox: Sandbox, seen: Seen, flight: Flight): Promise<Completion> {
  const code = `(exports) => { exports.run = async () => { ${flight.body} }; }`;
  const request: RunRequest = {
    tenant: flight.tenant ?? "one",
    cordon: flight.cordon ?? "one",
    script: { code, hash: createHash("sha256").update(code).digest("hex") },
    entryPoints: ["run"],
    input: "null",
    hostFunctions: hostFunctions(seen),
    limits: { ...DEFAULT_SANDBOX_LIMITS, memoryMiB: 32, ...flight.limits },
    ...(flight.signal ? { signal: flight.signal } : {}),
  };
  return sandbox.run(request);
}

function hostFunctions(seen: Seen): HostFunctions {
  return {
    sleep: {
      mode: "async",
      handle: async ({ args, signal }) => {
        seen.mostWaiting = Math.max(seen.mostWaiting, ++seen.waiting);
        await setTimeout(args as number, undefined, { signal }).catch(() => undefined);
        seen.waiting--;
        return { value: null };
      },
    },
    mark: {
      mode: "sync",
      handle: ({ args }) => {
        seen.marks.push(args as string);
        return { value: null };
      },
    },
  };
}

export const SPIN = "for (;;);";
/** Stops for no timeout of V8's. */
export const STUCK = "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);";
