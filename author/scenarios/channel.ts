/**
 * Channels that are near misses. A platform may have any channels, but only `phone` itself is the phone channel: on `Phone` or `fone`
 * every transfer would silently become an ordinary hand-off.
 */
import { nearest } from "../../base/suggest.ts";

const COMMON = ["phone", "chat", "email"];
/** Channels of their own that look like one of these. */
const OTHERS = ["gmail"];
/** As people read them. */
const SPOKEN: Readonly<Record<string, string>> = {
  fone: "phone",
  telephone: "phone",
  mail: "email",
  "e-mail": "email",
};

/** A sentence without its full stop; null for a name that can be meant. */
export function channelMistake(name: string): string | null {
  if ([...COMMON, ...OTHERS].includes(name)) return null;
  const plain = name.trim().toLowerCase();
  const near = SPOKEN[plain] ?? nearest(plain, COMMON);
  if (near === null) return null;
  const why = near === "phone" ? ` Only "phone", exactly so, is the phone channel` : "";
  return `there is no channel ${JSON.stringify(name)} (did you mean ${near}?${why})`;
}
