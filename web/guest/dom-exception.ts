/** `DOMException`: an error with one of the web's names, and the old number that some of them have. */
import { toText } from "./idl.ts";

export type DOMExceptionClass = new (
  message?: string,
  name?: string | { name?: string; cause?: unknown },
) => Error & {
  readonly code: number;
};

/** In the order of their numbers, from 1; a gap where a name was dropped. */
const NUMBERED = [
  "IndexSize", "", "HierarchyRequest", "WrongDocument", "InvalidCharacter", "", "NoModificationAllowed", "NotFound", "NotSupported",
  "InUseAttribute", "InvalidState", "Syntax", "InvalidModification", "Namespace", "InvalidAccess", "", "TypeMismatch", "Security",
  "Network", "Abort", "URLMismatch", "QuotaExceeded", "Timeout", "InvalidNodeType", "DataClone",
]; // prettier-ignore
/** The constants' names, in the order of the same numbers. */
const CONSTANTS = (
  "INDEX_SIZE_ERR DOMSTRING_SIZE_ERR HIERARCHY_REQUEST_ERR WRONG_DOCUMENT_ERR INVALID_CHARACTER_ERR NO_DATA_ALLOWED_ERR " +
  "NO_MODIFICATION_ALLOWED_ERR NOT_FOUND_ERR NOT_SUPPORTED_ERR INUSE_ATTRIBUTE_ERR INVALID_STATE_ERR SYNTAX_ERR " +
  "INVALID_MODIFICATION_ERR NAMESPACE_ERR INVALID_ACCESS_ERR VALIDATION_ERR TYPE_MISMATCH_ERR SECURITY_ERR NETWORK_ERR ABORT_ERR " +
  "URL_MISMATCH_ERR QUOTA_EXCEEDED_ERR TIMEOUT_ERR INVALID_NODE_TYPE_ERR DATA_CLONE_ERR"
).split(" ");

export function createDOMException(): DOMExceptionClass {
  class DOMException extends Error {
    readonly #name: string;
    constructor(message: unknown = "", options: unknown = "Error") {
      const given =
        typeof options === "object" && options !== null ? (options as { name?: unknown; cause?: unknown }) : null;
      super(toText(message), given && "cause" in given ? { cause: given.cause } : undefined);
      this.#name = toText(given ? (given.name ?? "Error") : options);
    }
    override get name(): string {
      return this.#name;
    }
    get code(): number {
      const short = this.#name.endsWith("Error") ? this.#name.slice(0, -5) : "";
      return short === "" ? 0 : NUMBERED.indexOf(short) + 1;
    }
    get [Symbol.toStringTag](): string {
      return "DOMException";
    }
  }
  for (const place of [DOMException, DOMException.prototype]) {
    CONSTANTS.forEach((name, at) => Object.defineProperty(place, name, { value: at + 1, enumerable: true }));
  }
  return DOMException;
}
