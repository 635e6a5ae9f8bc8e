/**
 * The compile process: turns one action after the other into an artifact, in whatever language the host asks for. It runs apart from the
 * host because hostile source can make a compiler slow, huge, or overflow its stack; the host kills it, with its children, when that happens.
 * The module named as its argument is loaded before it says that it is ready; those of other languages when they are first asked for,
 * and it says so again.
 */
import { Socket } from "node:net";
import process from "node:process";
import type { Compile } from "./messages.ts";
import { RequestReader } from "./request.ts";
import { sendAnswer, sendReady } from "./send-answer.ts";

const [, , first, channelDescriptor] = process.argv;
const load = async (compiler: string): Promise<Compile> => ((await import(compiler)) as { compile: Compile }).compile;

/** Takes children of this process along: it leads a process group of its own where there are such. */
function end(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.exit(1);
  }
}

function serve(channel: Socket): void {
  const requests = new RequestReader();
  const loaded = new Set([first!]);
  async function answer(chunk: Buffer): Promise<void> {
    const request = requests.read(chunk);
    if (request === null) return;
    const compile = await load(request.compiler);
    if (!loaded.has(request.compiler)) sendReady(channel);
    loaded.add(request.compiler);
    sendAnswer(channel, await compile(request), request);
  }
  channel.on("data", (chunk: Buffer) => void answer(chunk).catch(end));
  channel.on("error", end);
  channel.once("close", end);
  sendReady(channel);
}

await load(first!);
// Without one it was only to be seen whether it comes up.
if (channelDescriptor !== undefined) serve(new Socket({ fd: Number(channelDescriptor) }));
