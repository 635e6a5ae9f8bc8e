/** Plays a script of an isolate's three times, as a worker does, and counts what is compiled while each run is under way. */
import { setFlagsFromString } from "node:v8";
import { shippedLanguages } from "../../languages/index.ts";
import { addonPath } from "../../sandbox/process/addon.ts";

setFlagsFromString("--no-lazy");
process.argv[2] = addonPath();
const { CachedScript, cacheAction, createScriptFactory } = await import("../../sandbox/worker/isolate.ts");
type Prepared = ReturnType<ReturnType<typeof createScriptFactory>>;

const languages = shippedLanguages();
const make = createScriptFactory(languages.imageOf(languages.all[0]!));
const action = (body: string) => cacheAction(`((exports) => { exports.execute_action = () => { ${body} }; })`);
const using = action(`return structuredClone({ a: new Event("x").type });`);
const returning = action("return 1;");
const touching = action("return typeof Temporal;");
const breaking = action(`Object.getOwnPropertyDescriptor = undefined; return structuredClone({ a: 1 });`);

let compiled = 0;
const { compile } = CachedScript.prototype;
CachedScript.prototype.compile = function count(isolate) {
  compiled++;
  return compile.call(this, isolate);
};

type Played = Readonly<Record<"compiled" | "heapBytes", number>> & { readonly result: unknown };

function play(script: ReturnType<typeof action>, prepared: Prepared, at?: number): Played {
  let result: unknown = null;
  prepared.attach((op, ...parts) => {
    if (op === "load_part") return prepared.loadPart(parts[0] as string, 1_000);
    if (op === "done") result = JSON.parse(parts[0] as string);
    if (op === "threw") result = `${String(parts[1])}: ${String(parts[2])}`;
    return undefined;
  });
  const preludeData = { fetch: { fetchCalls: 1, requestBytes: 1, secrets: {} }, hand_off: { handOffCalls: 1 } };
  const data = {
    entryPoints: ["execute_action"],
    preludeData,
    clock: { now: null, seed: null, at },
    argumentChars: 99,
    returnChars: 9_999,
  };
  compiled = 0;
  prepared.turn(1_000, "start", JSON.stringify(data), prepared.compile(script), "{}");
  const played = { result, compiled, heapBytes: prepared.heapBytes() };
  prepared.dispose();
  return played;
}

function playAll(script: ReturnType<typeof action>): Played[] {
  const first = play(script, make(64));
  const unprepared = play(script, make(64));
  const prepared = make(64);
  prepared.compileAhead(script);
  return [first, unprepared, play(script, prepared)];
}

const clocks = [play(returning, make(64)), play(returning, make(64), 1), play(touching, make(64), 1)];
process.stdout.write(JSON.stringify({ using: playAll(using), breaking: playAll(breaking), clocks }));
