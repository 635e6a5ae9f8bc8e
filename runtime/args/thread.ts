/** Checks arguments on a thread that can be ended: a pattern of a schema may go back over its text for years. */
import { parentPort } from "node:worker_threads";
import { argsMistake } from "./mistake.ts";

parentPort!.on("message", ({ schema, args }: { schema: string; args: string }) => {
  parentPort!.postMessage(argsMistake(JSON.parse(schema) as object, JSON.parse(args) as object));
});
parentPort!.postMessage("ready");
