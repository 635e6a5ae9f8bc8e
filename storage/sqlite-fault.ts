/** Faults of SQLite: what an error of SQLite says about the transaction that met it, in a form that crosses from a thread that has the file open. */
import { HostFault } from "../base/fault.ts";
import { storeAnswerLost, storeDamaged, storeFull, storeRefused, storeUnavailable } from "./store.ts";

export interface SqliteFault {
  readonly kind: "unavailable" | "lost" | "full" | "refused" | "damaged" | "fault";
  readonly message: string;
  /** With `fault`: its code and retry. */
  readonly code?: HostFault["code"];
  readonly retry?: "safe" | "unsafe" | "never";
}

/** Primary result codes of SQLite. */
const FULL = 13;
const DAMAGED = new Set([11, 26]);
/** Permission, read-only, too big, constraint, mismatch, misuse, no such table or column: what comes again at each try. */
const REFUSED = new Set([1, 3, 8, 18, 19, 20, 21, 23, 25]);

/** The extended code of a write that the system refused, for another reason than a full disk. */
const WRITE_FAILED = 778;

export interface Failed {
  readonly where: "before-commit" | "at-commit";
  /** Asked where a write failed. */
  readonly hasRoom?: () => boolean;
}

export function faultOf(error: unknown, { where, hasRoom }: Failed): SqliteFault {
  const message = Error.isError(error) ? error.message : String(error);
  if (error instanceof HostFault) return { kind: "fault", message, code: error.code, retry: error.retry };
  const extended = (error as { errcode?: number } | null)?.errcode ?? 0;
  const code = extended & 0xff;
  // The frame that ends a transaction was not written whole, so no reader will take it for committed.
  if (code === FULL || (extended === WRITE_FAILED && hasRoom?.() === false)) return { kind: "full", message };
  if (DAMAGED.has(code)) return { kind: where === "at-commit" ? "lost" : "damaged", message };
  // A failed commit may still be found whole in the log after a power cut, so it is open what became of it.
  if (where === "at-commit") return { kind: "lost", message };
  return { kind: REFUSED.has(code) ? "refused" : "unavailable", message };
}

/** What was written into it would be gone with this process, and no other process would see it. */
export function fileGone(path: string): SqliteFault {
  const message = `The file ${path} was moved, replaced or deleted while it was open; restart on the file that is to be used (docs/delivery.md).`;
  return { kind: "fault", message, code: "STORE_DAMAGED", retry: "never" };
}

export function hostFault({ kind, message, code, retry }: SqliteFault): HostFault {
  switch (kind) {
    case "unavailable":
      return storeUnavailable(message);
    case "lost":
      return storeAnswerLost(message);
    case "full":
      return storeFull(message);
    case "refused":
      return storeRefused(message);
    case "damaged":
      return storeDamaged(message);
    case "fault":
      return new HostFault(code ?? "STORE_UNAVAILABLE", message, retry ?? "safe");
  }
}
