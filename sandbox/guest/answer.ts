/** The answer to a host call, as the guest reads it. */
export interface CallError {
  readonly code: string;
  readonly message: string;
  readonly name: string;
}

export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: CallError };
