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
  globalThis.released = () => bridge.callAsync("released", "null");
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
  /** What runs wait for that call `released`: however busy the machine is, none goes on before the test has it do so. */
  readonly release: PromiseWithResolvers<void>;
}

export const nothingSeen = (): Seen => ({
  marks: [],
  waiting: 0,
  mostWaiting: 0,
  release: Promise.withResolvers<void>(),
});

export interface Flight {
  readonly body: string;
  readonly tenant?: string;
  readonly cordon?: string;
  readonly urgent?: boolean;
  readonly limits?: Partial<SandboxLimits>;
  readonly signal?: AbortSignal;
}

export function fly(sandbox: Sandbox, seen: Seen, flight: Flight): Promise<Completion> {
  const code = `(exports) => { exports.run = async () => { ${flight.body} }; }`;
  const request: RunRequest = {
    tenant: flight.tenant ?? "one",
    cordon: flight.cordon ?? "one",
    urgent: flight.urgent ?? false,
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
        await waiting(seen, setTimeout(args as number, undefined, { signal }));
        return { value: null };
      },
    },
    released: {
      mode: "async",
      handle: async () => {
        await waiting(seen, seen.release.promise);
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

async function waiting(seen: Seen, wait: Promise<unknown>): Promise<void> {
  seen.mostWaiting = Math.max(seen.mostWaiting, ++seen.waiting);
  await wait.catch(() => undefined);
  seen.waiting--;
}

export const SPIN = "for (;;);";
/** Stops for no timeout of V8's. */
export const STUCK = "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);";
