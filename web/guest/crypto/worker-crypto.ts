/** The worker's crypto, as the guest has it: how the guest asks the worker's crypto functions. */
import type { Bridge } from "../../../sandbox/guest/bridge.d.ts";
import { toBase64 } from "../bytes.ts";
import type { DOMExceptionClass } from "../dom-exception.ts";
import type { Refuse } from "./algorithms.ts";

export type WorkerCrypto = ReturnType<typeof createWorkerCrypto>;

export function createWorkerCrypto(bridge: Bridge, DOMException: DOMExceptionClass) {
  const refuse: Refuse = (name, message) => {
    throw new DOMException(message, name);
  };
  const ask = (name: string, args: unknown, bytes?: Uint8Array): { value: unknown; bytes?: Uint8Array } => {
    try {
      return bridge.callWorker(name, JSON.stringify(args), bytes ?? new Uint8Array());
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return refuse(code === "DataError" ? "DataError" : "OperationError", message);
    }
  };
  return {
    refuse,
    ask,
    askForBytes(name: string, args: unknown, bytes: Uint8Array): ArrayBuffer {
      return (ask(name, args, bytes).bytes ?? new Uint8Array()).slice().buffer as ArrayBuffer;
    },
    base64: (bytes: Uint8Array): string => toBase64(bridge, bytes),
  };
}
