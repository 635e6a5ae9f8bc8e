/**
 * The names of the two options of `hand_off_conversation`, and what others were probably meant to be: an author who writes
 * `phoneDestination` gets the hand-off, and its answer says why the number was not read.
 */
import { message } from "./message.ts";
import { nearest } from "../../base/suggest.ts";

const NAMES = ["reason", "phone_destination"] as const;
type Name = (typeof NAMES)[number];

/** A name that holds anything else, digits above all, is not repeated: a message never shows what may be a customer's. */
const HARMLESS = /^[a-z_$-]+$/i;
const APART = /[^a-z]/g;
const PLAIN: Readonly<Record<string, Name>> = { reason: "reason", phonedestination: "phone_destination" };

/** What the answer says of options under other names, beginning with a space; "" if there is nothing to say. */
export function optionNote(keys: readonly string[]): string {
  const notes = new Set<string>();
  for (const key of keys) {
    const name = isName(key) ? null : meantBy(key);
    if (name !== null) notes.add(message.misspelt(name, HARMLESS.test(key) ? key : null));
  }
  if (notes.size > 0) return [...notes].join("");
  return keys.some(isName) ? message.oneKeyTooMany : "";
}

function isName(key: string): boolean {
  return NAMES.some((name) => name === key);
}

function meantBy(key: string): Name | null {
  const letters = key.toLowerCase().replace(APART, "");
  if (letters.includes("phone") || letters.includes("destination")) return "phone_destination";
  if (letters.includes("reason")) return "reason";
  const near = nearest(letters, Object.keys(PLAIN));
  return near === null ? null : PLAIN[near]!;
}
