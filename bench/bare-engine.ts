/** A bare isolate under V8's flags as given to this process: runs the loop that it is sent, in a fresh isolate, and says what CPU time it took. */
import ivm from "isolated-vm";

process.on("message", (code: string) => {
  const isolate = new ivm.Isolate({ memoryLimit: 64 });
  const context = isolate.createContextSync();
  const before = process.threadCpuUsage();
  isolate.compileScriptSync(`(() => { ${code} })()`).runSync(context, { timeout: 60_000 });
  const { user, system } = process.threadCpuUsage(before);
  isolate.dispose();
  process.send!((user + system) / 1_000);
});
