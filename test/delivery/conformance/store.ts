/** What every store has to keep, whichever it is: the parts of the conformance suite, on a store that a test file prepares. */
import { afterAll, afterEach, beforeAll, describe } from "@jest/globals";
import { openHandoffs, type DurableHandoffs, type HandoffsOptions } from "../../../delivery/index.ts";
import { claims } from "./claims.ts";
import { deliveries } from "./deliveries.ts";
import { executions } from "./executions.ts";
import { records } from "./records.ts";

export interface StoreUnderTest {
  /** The address of one and the same store at every call. Null: it cannot be opened twice. */
  readonly again: string | null;
  readonly first: string;
  readonly end?: () => Promise<void>;
}

/** Read within a test: before it there is no store. */
export interface StoreInUse {
  readonly shared: DurableHandoffs;
  readonly again: string | null;
  /** Another process on the same store, as far as the store can see; of memory, a store of its own. */
  open(options?: Partial<HandoffsOptions>): Promise<DurableHandoffs>;
}

export function describeStore(name: string, prepare: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let store: StoreUnderTest;
    let shared: DurableHandoffs;
    const opened: DurableHandoffs[] = [];
    beforeAll(async () => {
      store = await prepare();
      shared = await openHandoffs({ store: store.first });
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((handoffs) => handoffs.close()));
    });
    afterAll(async () => {
      await shared.close();
      await store.end?.();
    });
    const use: StoreInUse = {
      get shared() {
        return shared;
      },
      get again() {
        return store.again;
      },
      async open(options = {}) {
        const handoffs = await openHandoffs({ store: store.again ?? "memory:", relay: false, ...options });
        opened.push(handoffs);
        return handoffs;
      },
    };
    claims(use);
    executions(use);
    records(use);
    deliveries(use);
  });
}
