/**
 * Plain schemas: which schemas cost no more than they and the arguments are long, one by the other: a few types and bounds, nothing that repeats, refers or
 * searches. The schemas that `baton schema` makes of most types are of this kind, and are checked where they are read unless both are long.
 */

/** What holds no other schema. */
const LEAVES: ReadonlySet<string> = new Set([
  "$schema", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "type", "required", "enum", "const",
  "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
]); // prettier-ignore
const MAX_SCHEMAS = 200;
const MAX_DEPTH = 12;
const MAX_CHOICES = 200;

export function isPlain(schema: unknown): boolean {
  let left = MAX_SCHEMAS;
  const isOne = (given: unknown, depth: number, inChoice: boolean): boolean => {
    if (typeof given === "boolean") return true;
    if (typeof given !== "object" || given === null || Array.isArray(given)) return false;
    if (--left < 0 || depth > MAX_DEPTH) return false;
    return Object.entries(given).every(([key, value]: [string, unknown]) => {
      if (LEAVES.has(key)) return !Array.isArray(value) || value.length <= MAX_CHOICES;
      // Choices of what holds more would be tried one in another: the product of all.
      if (inChoice) return false;
      if (key === "items" || key === "additionalProperties") return isOne(value, depth + 1, false);
      if (key === "anyOf") return Array.isArray(value) && value.every((each) => isOne(each, depth + 1, true));
      if (key !== "properties" || typeof value !== "object" || value === null) return false;
      return Object.values(value).every((each) => isOne(each, depth + 1, false));
    });
  };
  return isOne(schema, 0, false);
}

/** Looks of one part of a schema at one value: a few milliseconds of them. */
const MAX_LOOKS = 20_000;

/** Each item of a list may be held to all of the schema, and what is wrong with it is written down for each. */
export function isCheap(schema: object, args: object): boolean {
  const parts = valuesIn(schema, MAX_LOOKS);
  return parts * valuesIn(args, MAX_LOOKS / parts) <= MAX_LOOKS;
}

/** Keys count too; no more than one past `most` is counted. */
function valuesIn(value: unknown, most: number): number {
  const open: unknown[] = [value];
  let count = 0;
  while (open.length > 0 && count <= most) {
    count++;
    const one = open.pop();
    if (typeof one !== "object" || one === null) continue;
    for (const key in one) {
      open.push((one as Record<string, unknown>)[key]);
      if (open.length + count > most) return most + 1;
    }
  }
  return count;
}
