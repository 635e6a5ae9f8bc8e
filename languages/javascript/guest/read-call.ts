/**
 * Reads the arguments of one `hand_off_conversation` call into the JSON text that crosses: of the context only the conversation's id, of the
 * reason and the number only their beginning, of an object that is no options object the names of a few keys. Getters and proxies among the arguments may run the action's code, throw or loop;
 * what throws counts as unreadable, and what loops spends the action's own time.
 */
export interface ReadPrimordials {
  readonly stringify: (value: unknown) => string | undefined;
  readonly getPrototypeOf: (value: object) => object | null;
  readonly ownKeys: (value: object) => (string | symbol)[];
  readonly charCodeAt: (text: string, index: number) => number;
  readonly slice: (text: string, start: number, end: number) => string;
  readonly hasOwn: (value: object, key: PropertyKey) => boolean;
}

/** What an argument is as options, or else the keys it has instead, as JSON texts parted by commas. */
interface Read {
  readonly options: Options | null;
  readonly oddKeys: string;
}

const NO_OPTIONS: Read = { options: null, oddKeys: "" };

interface Options {
  readonly reason: unknown;
  readonly phone_destination: unknown;
}

const REASON_CODE_POINTS = 501;
const NUMBER_LENGTH = 64;
const ID_LENGTH = 1_024;
const ODD_KEYS = 4;
const KEY_LENGTH = 32;

// oxlint-disable-next-line eslint/max-lines-per-function -- short functions over built-ins that an action cannot have changed
export function callReader(
  primordials: ReadPrimordials,
): (context: unknown, reason: unknown, phoneDestination: unknown) => string {
  const { stringify, getPrototypeOf, ownKeys, charCodeAt, slice, hasOwn } = primordials;
  const objectPrototype = getPrototypeOf({});
  /** Stands for a value whose getter threw: given, and no string. */
  const unreadable = {};

  const quoted = (text: string): string => stringify(text) ?? '""';

  const contextText = (context: unknown): string => {
    if (context === undefined || context === null) return '{"type":"missing"}';
    if (typeof context !== "object") return '{"type":"not_an_object"}';
    try {
      const conversation = (context as { readonly conversation?: unknown }).conversation;
      if (typeof conversation !== "object" || conversation === null) return '{"type":"no_conversation"}';
      const id = (conversation as { readonly id?: unknown }).id;
      if (typeof id !== "string") return '{"type":"no_conversation"}';
      return `{"type":"conversation","id":${quoted(slice(id, 0, ID_LENGTH))}}`;
    } catch {
      return '{"type":"unreadable"}';
    }
  };

  /** The first code points of `text`, with U+FFFD for each surrogate that has no partner. */
  const beginning = (text: string): string => {
    let read = "";
    let from = 0;
    let at = 0;
    for (let count = 0; count < REASON_CODE_POINTS && at < text.length; count += 1) {
      const unit = charCodeAt(text, at);
      if (unit < 0xd800 || unit > 0xdfff) {
        at += 1;
      } else if (unit <= 0xdbff && at + 1 < text.length && isLowSurrogate(charCodeAt(text, at + 1))) {
        at += 2;
      } else {
        read += `${slice(text, from, at)}\uFFFD`;
        at += 1;
        from = at;
      }
    }
    return read + slice(text, from, at);
  };

  const valueText = (value: unknown, cut: (text: string) => string): string => {
    if (!isGiven(value)) return '{"type":"absent"}';
    if (typeof value === "string") return `{"type":"string","text":${quoted(cut(value))}}`;
    return `{"type":"other","is":"${typeof value}"}`;
  };

  const option = (options: object, key: keyof Options): unknown => {
    if (!hasOwn(options, key)) return undefined;
    try {
      return (options as Options)[key];
    } catch {
      return unreadable;
    }
  };

  /** So many of the keys that the host can say what a misspelt one should be called. */
  const keyTexts = (keys: (string | symbol)[]): string => {
    let texts = "";
    for (let index = 0; index < keys.length && index < ODD_KEYS; index += 1) {
      const key = keys[index];
      if (typeof key === "string") texts += `${texts === "" ? "" : ","}${quoted(slice(key, 0, KEY_LENGTH))}`;
    }
    return texts;
  };

  /** Options are a plain object with at least one of their names and no other. */
  const readOptions = (value: unknown): Read => {
    if (typeof value !== "object" || value === null) return NO_OPTIONS;
    try {
      const prototype = getPrototypeOf(value);
      if (prototype !== objectPrototype && prototype !== null) return NO_OPTIONS;
      const keys = ownKeys(value);
      if (keys.length === 0) return NO_OPTIONS;
      for (let index = 0; index < keys.length; index += 1) {
        if (keys[index] !== "reason" && keys[index] !== "phone_destination")
          return { options: null, oddKeys: keyTexts(keys) };
      }
      const options = { reason: option(value, "reason"), phone_destination: option(value, "phone_destination") };
      return { options, oddKeys: "" };
    } catch {
      return NO_OPTIONS;
    }
  };

  return (context, second, third) => {
    const contextJson = contextText(context);
    const { options: early, oddKeys: earlyKeys } = readOptions(second);
    const { options: late, oddKeys: lateKeys } = readOptions(third);
    let reason = early === null ? second : early.reason;
    let number = late === null ? third : undefined;
    if (!isGiven(number) && early !== null) number = early.phone_destination;
    if (!isGiven(reason) && late !== null) reason = late.reason;
    if (!isGiven(number) && late !== null) number = late.phone_destination;
    const reasonJson = valueText(reason, beginning);
    const numberJson = valueText(number, (text) => slice(text, 0, NUMBER_LENGTH));
    const keys = earlyKeys === "" || lateKeys === "" ? earlyKeys + lateKeys : `${earlyKeys},${lateKeys}`;
    const keysJson = keys === "" ? "" : `,"oddKeys":[${keys}]`;
    return `{"overflow":false,"context":${contextJson},"reason":${reasonJson},"phoneDestination":${numberJson}${keysJson}}`;
  };
}

/** None, null and the empty string all say "nothing given". */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
