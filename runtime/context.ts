/** The context that an action receives: what of it the host relies on. Unknown keys are kept; only `conversation.id` and `args` have to be there. */
import { z } from "zod";

const text = z.string().nullish();

export const messageSchema = z.looseObject({
  sender: z.enum(["customer", "bot", "agent"]).nullish(),
  timestamp: z
    .string()
    .refine((value) => !Number.isNaN(Date.parse(value)), "is not an ISO 8601 time")
    .nullish(),
  content: text,
  channel: text,
});

const call = z.looseObject({ id: z.string().min(1), from: text, to: text, provider: text });

const conversation = z.looseObject({
  id: z.string().min(1),
  publicId: text,
  subject: text,
  businessSlug: text,
  initialChannel: text,
  latestChannel: text,
  messages: z.array(messageSchema).nullish(),
  call: call.nullish(),
});

export const contextSchema = z.looseObject({
  conversation: conversation.nullish(),
  business: z.looseObject({ name: text, slug: text }).nullish(),
  customer: z.looseObject({}).nullish(),
  args: z.looseObject({}),
  browser_session: z.unknown().optional(),
});

export type Context = z.input<typeof contextSchema>;
