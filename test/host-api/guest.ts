/**
 * Runs the guest's half of the hand-off in a realm of its own, over a small but whole bridge: JSON text goes out, JSON text comes back.
 */
import { createContext, runInContext } from "node:vm";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export type Phase = "preparing" | "loading" | "running" | "ended";

export interface GuestOptions {
  readonly handOffCalls?: number;
  /** Answers one message; by default everything is a success. */
  readonly answer?: (message: unknown) => unknown;
  readonly phase?: Phase;
}

export interface Guest {
  /** Every message that crossed, parsed. */
  readonly crossed: unknown[];
  /** Calls it from outside the realm, through plain data. */
  handOff(...args: readonly unknown[]): { success: boolean; message: string };
  /** Evaluates the author's code in the realm and gives its result by way of JSON. */
  run(code: string): unknown;
  setPhase(phase: Phase): void;
}

let bundled: Promise<string> | undefined;

function bundle(): Promise<string> {
  bundled ??= build({
    entryPoints: [fileURLToPath(new URL("../../languages/javascript/guest/hand-off.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "prelude",
    target: "es2024",
  }).then((result) => `${result.outputFiles[0]?.text ?? ""};prelude.default`);
  return bundled;
}

/** The sandbox's side, made inside the realm before the action can patch anything. */
const BRIDGE = `((send, phase) => {
  const uncurry = Function.prototype.bind.bind(Function.prototype.call);
  const parse = JSON.parse;
  let listener;
  const bridge = {
    call: (name, text) => parse(send(name, text)),
    phase: () => phase(),
    noteLate: () => {},
    onStart: (given) => { listener = given; },
    primordials: {
      stringify: JSON.stringify, parse,
      getPrototypeOf: Reflect.getPrototypeOf, ownKeys: Reflect.ownKeys,
      defineGlobal: (name, descriptor) => { Reflect.defineProperty(globalThis, name, descriptor); },
      charCodeAt: uncurry(String.prototype.charCodeAt), slice: uncurry(String.prototype.slice),
      hasOwn: Object.hasOwn,
    },
  };
  return { bridge, start: (text) => listener(parse(text)) };
})`;

export async function createGuest(options: GuestOptions = {}): Promise<Guest> {
  const code = await bundle();
  const realm = createContext({});
  const crossed: unknown[] = [];
  let phase: Phase = "preparing";
  const send = (name: string, text: string): string => {
    if (name !== "hand_off_conversation") throw new Error(`no host function ${name}`);
    const message: unknown = JSON.parse(text);
    crossed.push(message);
    return JSON.stringify(options.answer?.(message) ?? { success: true, message: "done" });
  };
  const { bridge, start } = runInContext(BRIDGE, realm)(send, () => phase);
  runInContext(code, realm)(bridge);
  start(JSON.stringify({ handOffCalls: options.handOffCalls ?? 20 }));
  phase = options.phase ?? "running";
  // The author's last expression, whatever it did to the realm's own JSON.
  const run = (author: string): unknown => {
    const value: unknown = runInContext(author, realm);
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
  };
  return {
    crossed,
    handOff: (...args) => runInContext("hand_off_conversation", realm)(...args),
    run,
    setPhase: (next) => {
      phase = next;
    },
  };
}
