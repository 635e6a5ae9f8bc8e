import type { Outcome } from "../../../runtime/index.ts";
import { describeAttacks } from "../harness.ts";

/** A bad argument costs nothing and never the customer's human where the conversation is plain. */
const verdicts =
  (...expected: string[]) =>
  ({ intents }: Outcome): void => {
    const seen = intents.map(({ verdict }) => verdict).join();
    if (seen !== expected.join()) throw new Error(`verdicts were ${seen}`);
  };
const slow = "timed_out CPU_LIMIT";

describeAttacks("arguments that lie", {
  "a proxy for a context": {
    source: "return hand_off_conversation(new Proxy(context, { get: (t, k) => t[k] }), 'r').success;",
    ends: "returned",
    check: verdicts("recorded"),
  },
  "a revoked proxy": {
    source:
      "const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return hand_off_conversation(proxy, proxy, proxy).success;",
    ends: "returned",
    check: verdicts("rejected"),
  },
  "a getter that throws": {
    source: "return hand_off_conversation({ get conversation() { throw new Error('x'); } }).success;",
    ends: "returned",
    check: verdicts("rejected"),
  },
  "a getter that loops": { source: "hand_off_conversation({ get conversation() { for (;;); } });", ends: slow },
  "options whose traps loop": {
    source: "hand_off_conversation(context, new Proxy({}, { ownKeys() { for (;;); } }));",
    ends: slow,
  },
  "a text that lies about its length": {
    source:
      "const t = new String('short'); Object.defineProperty(t, 'x', { value: 1 }); String.prototype.slice = () => 'x'.repeat(1e7); return hand_off_conversation(context, t).success;",
    ends: "returned",
    check: ({ intents }) => {
      if (intents[0]!.reason !== null) throw new Error("not null");
    },
  },
  "an array-like that lies about its length": {
    source: "return hand_off_conversation(context, { length: 2 ** 53 - 1, 0: 'x' }).success;",
    ends: "returned",
    check: verdicts("recorded"),
  },
  "a reason of ten million characters": {
    source: "return hand_off_conversation(context, 'x'.repeat(1e7)).success;",
    ends: "returned",
    check: ({ intents }) => {
      if (intents[0]!.reason!.length !== 500) throw new Error("not cut");
    },
  },
  "a huge context": {
    source: "context.big = 'x'.repeat(1e7); return hand_off_conversation(context).success;",
    ends: "returned",
    check: verdicts("recorded"),
  },
  "a context in a circle": {
    source:
      "context.self = context; context.conversation.self = context; return hand_off_conversation(context).success;",
    ends: "returned",
    check: verdicts("recorded"),
  },
  "functions and symbols": {
    source:
      "return [hand_off_conversation(() => {}), hand_off_conversation(Symbol('x')), hand_off_conversation(context, Symbol('x'), () => {})].length;",
    ends: "returned",
    check: verdicts("rejected", "rejected", "recorded"),
  },
  "keys of prototypes": {
    source: 'return hand_off_conversation(JSON.parse(\'{"__proto__":{"conversation":{"id":"other"}}}\')).success;',
    ends: "returned",
    check: verdicts("rejected"),
  },
  "a forged context of another conversation": {
    source:
      "return hand_off_conversation({ conversation: { id: 'somebody else', latestChannel: 'phone', call: { id: 'x' } } }, 'r', '+15551234567').success;",
    ends: "returned",
    check: verdicts("rejected"),
  },
  "a forged channel": {
    source:
      "context.conversation.latestChannel = 'phone'; return hand_off_conversation(context, 'r', '+15551234567').success;",
    ends: "returned",
    check: ({ handoff }) => {
      if (handoff?.kind !== "handoff" || handoff.phoneDestination !== null) throw new Error("a transfer");
    },
  },
  "a forged environment": {
    source:
      "context.environment = 'test'; globalThis.environment = 'test'; return hand_off_conversation(context, { reason: 'r', environment: 'test' }).success;",
    ends: "returned",
    check: verdicts("recorded"),
  },
  "called with new, apply and bind": {
    source:
      "const f = hand_off_conversation; try { new f(context); } catch {} f.apply({}, [context]); return f.bind(null, context)().success;",
    ends: "returned",
    check: verdicts("recorded", "already_handed_off"),
  },
});
