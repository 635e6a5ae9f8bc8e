/** Sources of ids and of chance that an embedder gives, held to what they are for: nonsense of theirs must not stand in keys, or stop the relay. */
import { OptionsError } from "../base/options.ts";

/** Ids stand in keys, in the events of webhooks and in lines of the log. */
const ID = /^[\x21-\x7e]{1,160}$/;

export function checkedIds(newId: () => string): () => string {
  return () => {
    const id: unknown = newId();
    if (typeof id === "string" && ID.test(id)) return id;
    throw new OptionsError(
      "OPTIONS_INVALID",
      "openHandoffs: newId should give 1 to 160 printable ASCII characters (docs/delivery.md).",
    );
  };
}

export function checkedChance(random: () => number): () => number {
  return () => {
    const chance = random();
    return chance >= 0 && chance < 1 ? chance : Math.random();
  };
}
