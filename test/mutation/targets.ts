/** What is mutated, and the quick tests that have to notice: decisions, and no store but memory. */
export interface Target {
  readonly name: string;
  readonly sources: readonly string[];
  readonly tests: readonly string[];
}

export const TARGETS: readonly Target[] = [
  {
    name: "settle",
    sources: ["runtime/settle.ts"],
    tests: ["test/runtime/settle.test.ts", "test/runtime/settle-cases.test.ts"],
  },
  {
    name: "handoff",
    sources: [
      "host-api/handoff/handoff.ts",
      "host-api/handoff/recorder.ts",
      "host-api/handoff/call.ts",
      "host-api/handoff/message.ts",
      "host-api/handoff/option-names.ts",
    ],
    tests: [
      "test/host-api/handoff/handoff.test.ts",
      "test/host-api/handoff/recorder.test.ts",
      "test/host-api/handoff/reason.test.ts",
      "test/host-api/handoff/handoff-cases.test.ts",
    ],
  },
  {
    name: "delivery",
    sources: [
      "delivery/conversation.ts",
      "delivery/operations/change.ts",
      "delivery/operations/claim.ts",
      "delivery/operations/execution.ts",
      "delivery/operations/expire.ts",
      "delivery/operations/outbox.ts",
      "delivery/operations/purge.ts",
      "delivery/operations/transfer.ts",
    ],
    tests: [
      "test/delivery/transitions.test.ts",
      "test/delivery/claim-words.test.ts",
      "test/delivery/transactions.test.ts",
      "test/delivery/dial.test.ts",
      "test/delivery/meetings.test.ts",
      "test/delivery/retries.test.ts",
      "test/mutation/memory-store.ts",
    ],
  },
];
