/** Faults of PostgreSQL: what an error of PostgreSQL, or of the way to it, says about the transaction that met it. */
import { HostFault } from "../base/fault.ts";
import { storeAnswerLost, storeDamaged, storeFull, storeRefused, storeUnavailable } from "./store.ts";

export function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** Whether the error leaves open what became of the statement: no word from the server, or the word that it is going away. */
export function saysNothing(error: unknown): boolean {
  const state = sqlState(error);
  return state === null || state.startsWith("08") || state.startsWith("57P") || state === "40003";
}

/** Two transactions met, and the database threw one of them out, whole. */
const THROWN_OUT = new Set(["40001", "40P01"]);
export const wasThrownOut = (error: unknown): boolean => THROWN_OUT.has(sqlState(error) ?? "");

/** A pooler between us and the server lent another session, which does not know the name, or knows it already: nothing ran. */
const NAME_TROUBLE = new Set(["26000", "42P05"]);
export const isNameTrouble = (error: unknown): boolean => NAME_TROUBLE.has(sqlState(error) ?? "");

const DISK_FULL = new Set(["53100"]);
const DAMAGED = new Set(["XX001", "XX002"]);
/** Data, constraints, syntax and rights, features, what is too long for an index: the same at each try. A server that is read-only for now (25006) is not among them. */
const PERMANENT = ["0A", "21", "22", "23", "3F", "42", "44", "54"];

export function faultOf(error: unknown): HostFault {
  if (error instanceof HostFault) return error;
  const state = sqlState(error);
  if (state === null || saysNothing(error)) return storeAnswerLost(error);
  if (DISK_FULL.has(state)) return storeFull(error);
  if (DAMAGED.has(state)) return storeDamaged(error);
  if (PERMANENT.some((kind) => state.startsWith(kind))) return storeRefused(error);
  return storeUnavailable(error);
}
