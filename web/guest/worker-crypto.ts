/** How the guest asks the worker's crypto functions, and how it names algorithms. */
import type { Bridge } from "../../sandbox/guest/bridge.d.ts";
import type { DOMExceptionClass } from "./dom-exception.ts";

export interface Algorithm {
  readonly name: string;
  readonly [key: string]: unknown;
}

export type Refuse = (name: string, message: string) => never;
export type Ask = (name: string, args: unknown, bytes?: Uint8Array) => { value: unknown; bytes?: Uint8Array };

const NAMES = ["HMAC", "AES-GCM", "AES-CBC", "HKDF", "PBKDF2", "RSASSA-PKCS1-v1_5", "RSA-PSS", "ECDSA"];
const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];

export function createWorkerCrypto(bridge: Bridge, DOMException: DOMExceptionClass) {
  const refuse: Refuse = (name, message) => {
    throw new DOMException(message, name);
  };
  const ask: Ask = (name, args, bytes) => {
    try {
      return bridge.callWorker(name, JSON.stringify(args), bytes ?? new Uint8Array());
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return refuse(code === "DataError" ? "DataError" : "OperationError", message);
    }
  };
  const askForBytes = (name: string, args: unknown, bytes: Uint8Array): ArrayBuffer => {
    const answer = ask(name, args, bytes).bytes ?? new Uint8Array();
    return answer.slice().buffer as ArrayBuffer;
  };
  return { refuse, ask, askForBytes };
}

/** An algorithm by its registered name, however it was written. */
export function named(given: unknown, refuse: Refuse): Algorithm {
  const algorithm = typeof given === "object" && given !== null ? (given as Record<string, unknown>) : { name: given };
  const name = NAMES.find((known) => known.toLowerCase() === String(algorithm["name"]).toLowerCase());
  if (name === undefined) return refuse("NotSupportedError", "Unrecognized algorithm name");
  return Object.assign(Object.create(null) as object, algorithm, { name }) as Algorithm;
}

export function hashName(given: unknown, refuse: Refuse): string {
  const name = typeof given === "object" && given !== null ? (given as { name?: unknown }).name : given;
  return (
    HASHES.find((known) => known.toLowerCase() === String(name).toLowerCase()) ??
    refuse("NotSupportedError", "Unrecognized algorithm name")
  );
}
