/** The context of an action that has none beside it: a chat in which the customer has asked something. */
import type { Json } from "../../sandbox/index.ts";

export const SAMPLE_CONTEXT: Json = {
  conversation: {
    id: "conv_sample",
    publicId: "SAMPLE-1",
    subject: "Where is my order?",
    businessSlug: "sample-shop",
    initialChannel: "chat",
    latestChannel: "chat",
    messages: [
      {
        sender: "customer",
        timestamp: "2026-03-02T15:00:00.000Z",
        content: "Hi, where is my order A-1001?",
        channel: "chat",
      },
    ],
  },
  business: { name: "Sample Shop", slug: "sample-shop" },
  customer: { id: "cust_sample", name: "Sam Sample", email: "sam@example.com" },
  args: { orderId: "A-1001" },
  browser_session: null,
};

/** The live call that a context is given when it moves to the phone channel and has none. */
export const SAMPLE_CALL: Json = { id: "call_sample", from: "+15550100001", to: "+15550100002", provider: "sample" };
