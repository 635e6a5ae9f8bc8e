/**
 * The compile process: turns one action after the other into a bundle. It runs apart from the host because hostile source can make esbuild slow,
 * huge, or overflow its stack; the host kills it, with esbuild's own child, when that happens.
 */
import { initialize } from "esbuild";
import process from "node:process";
import { compileJavaScript } from "../javascript/compile/bundle.ts";
import type { CompileMessage, CompileRequest } from "./messages.ts";

function send(message: CompileMessage): void {
  process.send?.(message);
}

/** Takes esbuild's child along: this process leads a process group of its own where there are such. */
function end(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.exit(1);
  }
}

process.on("disconnect", end);
process.on("message", (request: CompileRequest) => {
  compileJavaScript(request).then((result) => send({ type: "done", result }), end);
});
await initialize({});
send({ type: "ready" });
