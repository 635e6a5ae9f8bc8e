/** Answers that may be here at once: a wait that is not needed costs a turn of the event loop's queue, and the code that a cold processor reads for it. */
export type MaybePromise<Value> = Value | Promise<Value>;

/** By its `then`: a promise of another realm is one too. */
export function isPromise<Value>(value: MaybePromise<Value>): value is Promise<Value> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

/** `next` of the value, at once where the value is. */
export function following<Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** What `work` gives, or what `instead` makes of its failure, whichever way it fails. */
export function unlessFailed<Value, Other>(
  work: () => MaybePromise<Value>,
  instead: (error: unknown) => Other,
): MaybePromise<Value | Other> {
  try {
    const value = work();
    return isPromise(value) ? value.then((given): Value | Other => given, instead) : value;
  } catch (error) {
    return instead(error);
  }
}
