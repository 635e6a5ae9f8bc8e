/** Opens an address in the browser that the system takes for the user's. */
import { spawn } from "node:child_process";

const OPENERS: Readonly<Record<string, readonly [command: string, ...args: string[]]>> = {
  darwin: ["open"],
  // The empty argument is the window's title; without it, start takes a quoted address for one.
  win32: ["cmd", "/c", "start", ""],
};

/** False where there is nothing that opens it. */
export function openUrl(url: string): Promise<boolean> {
  const [command, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const child = spawn(command, [...args, url], { stdio: "ignore", detached: true });
  child.once("error", () => resolve(false));
  child.once("exit", (status) => resolve(status === 0));
  // A browser that was started by it may stay its child for as long as it is open.
  child.once("spawn", () => setTimeout(() => resolve(true), 2_000).unref());
  child.unref();
  return promise;
}
