// ARCHITECTURE.md, held against the tree: every path that it names is there, its picture has the rooms in their order, and each step of a walk
// reaches the next by imports.
import { expect, test } from "@jest/globals";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importsOf, readSources } from "./imports.ts";
import { FLOORS, ROOMS } from "./rooms.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const page = readFileSync(`${root}ARCHITECTURE.md`, "utf8");
const built = ROOMS.filter((room) => existsSync(root + room));

test("every path with a folder that the page names is there", () => {
  const named = [...page.matchAll(/`([a-z-]+\/[\w./-]+)`/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((path) => ROOMS.includes(path.split("/")[0]!) && !existsSync(root + path))).toEqual([]);
});

test("the picture of the floors has every room, in the order that the imports are held to", () => {
  const picture = page.slice(page.indexOf("## The floors"), page.indexOf("Imports run downward"));
  const drawn = [...picture.matchAll(/\b([a-z-]+)\/ {2}/g)].map(([, room]) => room!);
  expect(drawn.toSorted()).toEqual(built.toSorted());
  const floorOf = (room: string): number => FLOORS.findIndex((floor) => floor.includes(room));
  expect(drawn.map(floorOf)).toEqual(drawn.map(floorOf).toSorted((a, b) => b - a));
});

/** What each step of a walk loads or is composed with; a wall between two processes is crossed by the file that starts the other side. */
const WALKS: readonly (readonly string[])[] = [
  ["runtime/index.ts", "runtime/compose.ts", "runtime/execute.ts", "runtime/settle.ts", "runtime/outcome.ts"],
  ["runtime/execute.ts", "sandbox/index.ts", "sandbox/pool/pool.ts", "sandbox/pool/slot.ts", "sandbox/process/worker-process.ts"],
  ["languages/worker.ts", "sandbox/worker/main.ts", "sandbox/worker/run.ts", "sandbox/worker/isolate.ts"],
  ["runtime/execute.ts", "host-api/index.ts", "host-api/handoff/recorder.ts", "host-api/handoff/handoff.ts", "host-api/phone.ts"],
  ["languages/javascript/guest/hand-off.ts", "languages/javascript/guest/read-call.ts"],
  ["delivery/open.ts", "delivery/relay.ts", "delivery/attempts.ts", "delivery/answers.ts", "delivery/provider.ts"],
  ["delivery/open.ts", "delivery/dial.ts", "delivery/provider.ts"],
  ["author/session/session.ts", "author/session/action-run.ts", "author/session/events.ts"],
  ["host-api/fetch/index.ts", "host-api/fetch/functions.ts", "host-api/fetch/client.ts"],
  ["host-api/fetch/index.ts", "host-api/secrets/secrets.ts"],
  ["host-api/fetch/index.ts", "host-api/secrets/run-redaction.ts"],
  ["delivery/open.ts", "delivery/ledger.ts", "delivery/recording.ts"],
  ["cli/dev.ts", "author/session/session.ts", "author/session/watch.ts"],
  ["cli/dev.ts", "cli/dev/screen.ts", "cli/dev/render.ts"],
  ["service/handlers/actions.ts", "service/handlers/compile.ts"],
  ["service/handlers/actions.ts", "service/versions.ts"],
  ["sandbox/worker/main.ts", "sandbox/worker/run.ts", "sandbox/worker/door.ts"],
  ["sandbox/process/worker-process.ts", "sandbox/protocol/worker-frames.ts", "sandbox/protocol/positions.ts"],
]; // prettier-ignore

test.each(WALKS.map((walk) => [walk.join(" → "), walk] as const))("the walk %s can be gone", (_, walk) => {
  const imports = readSources(ROOMS).flatMap(importsOf);
  const missing = walk.slice(1).filter((to, at) => !imports.some((each) => each.from === walk[at] && each.to === to));
  expect(missing).toEqual([]);
});
