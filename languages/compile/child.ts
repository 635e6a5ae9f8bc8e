/**
 * The compile process: turns one action after the other into an artifact, in whatever language the host asks for. It runs apart from the
 * host because hostile source can make a compiler slow, huge, or overflow its stack; the host kills it, with its children, when that happens.
 * The module named as its argument is loaded before it says that it is ready; those of other languages when they are first asked for,
 * and it says so again.
 */
import process from "node:process";
import type { Compile, CompileMessage, CompileRequest } from "./messages.ts";

const load = async (compiler: string): Promise<Compile> => ((await import(compiler)) as { compile: Compile }).compile;

function send(message: CompileMessage): void {
  process.send?.(message);
}

/** Takes children of this process along: it leads a process group of its own where there are such. */
function end(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.exit(1);
  }
}

const loaded = new Set([process.argv[2]!]);

async function serve(request: CompileRequest): Promise<void> {
  const compile = await load(request.compiler);
  if (!loaded.has(request.compiler)) send({ type: "ready" });
  loaded.add(request.compiler);
  send({ type: "done", result: await compile(request) });
}

process.on("disconnect", end);
process.on("message", (request: CompileRequest) => {
  serve(request).catch(end);
});
await load(process.argv[2]!);
send({ type: "ready" });
