/** The context of a simulated conversation as it stands: what it began with, and what has been said, rung and pressed since. */
import type { Json } from "../../runtime/index.ts";

type Fields = { readonly [key: string]: Json };

export interface Said {
  /** Null for what it began with. */
  readonly args: Json;
  readonly channel: string;
  readonly subject: string | null;
  /** Of the last call; only the phone channel has one. */
  readonly call: Json;
  readonly messages: readonly Json[];
}

/** The same context with a conversation in it: a simulation has one, whatever the context says. */
export function withConversation(context: Json, id: string, sample: Json): Json {
  const base = isFields(context) ? context : (sample as Fields);
  const conversation = base["conversation"] ?? null;
  if (isFields(conversation) && typeof conversation["id"] === "string" && conversation["id"] !== "") return base;
  return { ...base, conversation: { ...(isFields(conversation) ? conversation : {}), id } };
}

export function contextNow(base: Json, { args, channel, subject, call, messages }: Said): Json {
  const fields = base as Fields;
  const { call: _, ...conversation } = fields["conversation"] as Fields;
  const earlier = conversation["messages"];
  const first = conversation["initialChannel"];
  return {
    ...fields,
    conversation: {
      ...conversation,
      ...(subject !== null && { subject }),
      initialChannel: first ?? channel,
      latestChannel: channel,
      messages: [...(Array.isArray(earlier) ? (earlier as Json[]) : []), ...messages],
      ...(channel === "phone" && call !== null && { call }),
    },
    args: args ?? fields["args"] ?? {},
  };
}

const isFields = (value: Json): value is Fields => value !== null && typeof value === "object" && !Array.isArray(value);
