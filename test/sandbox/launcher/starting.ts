/** Sandboxes whose processes a launcher starts, though the host is small: for tests, and for the hosts that tests start. */
import {
  type Sandbox,
  DEFAULT_SANDBOX_LIMITS,
  createLauncher,
  createSandbox,
  scriptImage,
} from "../../../sandbox/index.ts";
import type { Launcher } from "../../../sandbox/launcher/launcher.ts";
import type { Starter } from "../../../sandbox/launcher/started.ts";
import { until } from "../../processes.ts";

/** A launcher that is up. What the host started itself to have it started is gone. */
export async function readyLauncher(): Promise<Launcher> {
  const launcher = createLauncher({ aboveBytes: 0, directStarts: 0 });
  const nothing = { command: [process.execPath, "--version"], cwd: "/", env: {}, files: [], forks: false } as const;
  const { child } = launcher.start({ ...nothing, stdio: ["ignore", "ignore", "ignore"] });
  await new Promise((resolve) => child.once("exit", resolve));
  await until(() => launcher.pid !== null);
  return launcher;
}

export const MARK = "(bridge) => { globalThis.mark = () => bridge.call('mark', '1'); }";

export const sandboxBy = (starter: Starter): Sandbox =>
  createSandbox({ starter, image: scriptImage({ preludes: [{ name: "mark", code: MARK }] }) });

export interface Played {
  readonly cpuMs?: number;
  readonly onMark?: () => void;
}

/** Each name is a tenant of its own, so that none waits for what another did. */
export function play(sandbox: Sandbox, name: string, body: string, { cpuMs = 10_000, onMark }: Played = {}) {
  const code = `(exports) => { exports.run = () => { ${body} }; }`;
  const handle = (): { value: number } => {
    onMark?.();
    return { value: 1 };
  };
  return sandbox.run({
    tenant: name,
    cordon: name,
    script: { code, hash: body },
    entryPoints: ["run"],
    input: "1",
    hostFunctions: { mark: { mode: "sync", handle } },
    limits: { ...DEFAULT_SANDBOX_LIMITS, wallMs: 60_000, cpuMs },
  });
}
