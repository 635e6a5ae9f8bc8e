/** The entry of the worker process: the sandbox's worker, composed with the platform that actions see. Bundled as one file by the build. */
import { startWorker } from "../sandbox/worker/main.ts";
import { openIsolate } from "../sandbox/worker/open-isolate.ts";
import { readLateModules } from "../web/worker/late-modules.ts";
import { createPlatform, varies } from "../web/worker/platform.ts";
import { pythonRunner } from "./python/worker/runner.ts";

startWorker({
  platform: { call: createPlatform(), varies, readAhead: readLateModules },
  runners: { python: pythonRunner(openIsolate) },
});
