/** `DOMException`: an error with one of the web's names, and the old number that some of them have. */
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
const CONSTANTS: readonly (readonly [string, number])[] = [
  ["INDEX_SIZE_ERR", 1], ["DOMSTRING_SIZE_ERR", 2], ["HIERARCHY_REQUEST_ERR", 3], ["WRONG_DOCUMENT_ERR", 4],
  ["INVALID_CHARACTER_ERR", 5], ["NO_DATA_ALLOWED_ERR", 6], ["NO_MODIFICATION_ALLOWED_ERR", 7], ["NOT_FOUND_ERR", 8],
  ["NOT_SUPPORTED_ERR", 9], ["INUSE_ATTRIBUTE_ERR", 10], ["INVALID_STATE_ERR", 11], ["SYNTAX_ERR", 12],
  ["INVALID_MODIFICATION_ERR", 13], ["NAMESPACE_ERR", 14], ["INVALID_ACCESS_ERR", 15], ["VALIDATION_ERR", 16],
  ["TYPE_MISMATCH_ERR", 17], ["SECURITY_ERR", 18], ["NETWORK_ERR", 19], ["ABORT_ERR", 20], ["URL_MISMATCH_ERR", 21],
  ["QUOTA_EXCEEDED_ERR", 22], ["TIMEOUT_ERR", 23], ["INVALID_NODE_TYPE_ERR", 24], ["DATA_CLONE_ERR", 25],
]; // prettier-ignore

export function createDOMException(): DOMExceptionClass {
  class DOMException extends Error {
    readonly #name: string;
    constructor(message: unknown = "", options: unknown = "Error") {
      const given =
        typeof options === "object" && options !== null ? (options as { name?: unknown; cause?: unknown }) : null;
      super(String(message), given && "cause" in given ? { cause: given.cause } : undefined);
      this.#name = String(given ? (given.name ?? "Error") : options);
    }
    override get name(): string {
      return this.#name;
    }
    get code(): number {
      return this.#name.endsWith("Error") ? NUMBERED.indexOf(this.#name.slice(0, -5)) + 1 : 0;
    }
    get [Symbol.toStringTag](): string {
      return "DOMException";
    }
  }
  for (const place of [DOMException, DOMException.prototype]) {
    for (const [name, value] of CONSTANTS) Object.defineProperty(place, name, { value, enumerable: true });
  }
  return DOMException;
}
