/** The one action that every candidate runs, without and with a host call, and its context of one kilobyte. */
import { readFileSync } from "node:fs";

export type Kind = "reply" | "hand-off";

const CONTEXT_BYTES = 1_024;

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

export const readActionSource = (kind: Kind): string => read(`actions/${kind}.js`);
/** The action that makes a host call, in Python. */
export const readPythonAction = (): string => read("actions/hand_off.py");
export const readWaitPrelude = (): string => read("guest/wait.js");

/** The action for peers that know no modules: a function of the context's text and of one that asks the host, giving the result's text. */
export function asFunction(kind: Kind): string {
  const source = readActionSource(kind).replace("export function", "function");
  return `((input, ask) => {
  "use strict";
  const hand_off_conversation = (context, reason) => JSON.parse(ask(context.conversation.id, reason));
  ${source}
  return JSON.stringify(execute_action(JSON.parse(input)));
})`;
}

/** What peers answer to their host call. */
export const ANSWER = JSON.stringify({ success: true, message: "The conversation was handed off." });

export interface BenchContext {
  readonly conversation: {
    readonly id: string;
    readonly latestChannel: string;
    readonly messages: readonly Readonly<Record<string, string>>[];
  };
  readonly business: Readonly<Record<string, string>>;
  readonly customer: Readonly<Record<string, string>>;
  readonly args: Readonly<Record<string, string>>;
}

/** A new conversation each: a second hand-off of the same one would be another path. */
export function makeContexts(): () => BenchContext {
  const seed = `${process.pid}_${Date.now().toString(36)}`;
  const bare = contextOf("0".repeat(40), "");
  const padding = ".".repeat(Math.max(0, CONTEXT_BYTES - JSON.stringify(bare).length));
  let made = 0;
  return () => contextOf(`conv_${seed}_${made++}`.padEnd(40, "_"), padding);
}

function contextOf(id: string, padding: string): BenchContext {
  const message = (sender: string, content: string) => ({
    sender,
    timestamp: "2026-03-02T15:00:00.000Z",
    content,
    channel: "chat",
  });
  return {
    conversation: {
      id,
      latestChannel: "chat",
      messages: [
        message("customer", "Hi, where is my order A-1001?"),
        message("bot", "Let me look that up for you."),
        message("customer", `It should have been here last week${padding}`),
      ],
    },
    business: { name: "Northwind Lamps", slug: "northwind-lamps" },
    customer: { id: "cust_ada", name: "Ada Example", email: "ada@example.com" },
    args: { orderId: "A-1001" },
  };
}
