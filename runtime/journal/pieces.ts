/**
 * A JSON value in pieces that each cost little to copy from one thread to another: what is copied as a whole is made as a whole, while everything else
 * on the thread waits. The keys of an object keep their order.
 */
import { membersOf } from "../../base/large-json/members.ts";
import { sizeOf } from "../../base/large-json/size.ts";

export type Piece =
  /** What stands at a path; one that is put together by later pieces stands there empty at first. */
  | { readonly path: Path; readonly value: unknown }
  /** Members of what stands there. */
  | { readonly path: Path; readonly members: readonly (readonly [key: string | number, value: unknown])[] };

type Path = readonly (string | number)[];

/** Values and keys; long texts count by their length. */
const MOST = 8_000;
const CHARS = 256;

export function* split(value: unknown, path: Path = []): Generator<Piece, void, undefined> {
  if (!isContainer(value) || weigh(value) <= MOST) return yield { path, value };
  yield { path, value: Array.isArray(value) ? [] : {} };
  let members: [string | number, unknown][] = [];
  let weight = 0;
  for (const [key, member] of membersOf(value)) {
    const own = weigh(member) + weigh(key);
    if (weight > 0 && weight + own > MOST) {
      yield { path, members };
      [members, weight] = [[], 0];
    }
    if (own > MOST && isContainer(member)) yield* split(member, [...path, key]);
    else {
      members.push([key, member]);
      weight += own;
    }
  }
  if (members.length > 0) yield { path, members };
}

/** Puts the pieces together, one by one. */
export class Joined {
  value: unknown;

  add(piece: Piece): void {
    const { path } = piece;
    if ("members" in piece) {
      const place = this.#at(path);
      for (const [key, member] of piece.members) put(place, key, member);
    } else if (path.length === 0) this.value = piece.value;
    else put(this.#at(path.slice(0, -1)), path.at(-1)!, piece.value);
  }

  #at(path: Path): object {
    return path.reduce((place, key) => (place as Record<string, object>)[key]!, this.value as object);
  }
}

/** As an own key, whatever it is called. */
function put(place: object, key: string | number, value: unknown): void {
  Object.defineProperty(place, key, { value, writable: true, enumerable: true, configurable: true });
}

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;

/** No more than a little past `MOST` is counted; a member counts with its key. */
function weigh(value: unknown): number {
  const { values, chars } = sizeOf(value, { values: MOST / 2, chars: MOST * CHARS });
  return 1 + 2 * values + chars / CHARS;
}
