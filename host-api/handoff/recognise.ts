/**
 * Recognises what most calls of `hand_off_conversation` look like when they cross, in front of the schema: it takes only what it knows, as the schema
 * would read it, and gives null for all else, which the schema then reads. A property test holds the two equal.
 */
import { CROSSING_ID_LENGTH, CROSSING_NUMBER_LENGTH, CROSSING_REASON_CODE_POINTS, type HandOffCall } from "./call.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Of a call with the run's conversation, and texts of which none can be too long. `args` comes from JSON text. */
export function recogniseCall(args: unknown): HandOffCall | null {
  if (!isRecord(args, 4) || args["overflow"] !== false) return null;
  const context = recogniseContext(args["context"]);
  const reason = recogniseText(args["reason"], CROSSING_REASON_CODE_POINTS);
  const phoneDestination = recogniseText(args["phoneDestination"], CROSSING_NUMBER_LENGTH);
  if (context === null || reason === null || phoneDestination === null) return null;
  return { overflow: false, context, reason, phoneDestination };
}

function recogniseContext(value: unknown): HandOffCall["context"] | null {
  if (!isRecord(value, 2) || value["type"] !== "conversation") return null;
  const { id } = value;
  return typeof id === "string" && id.length <= CROSSING_ID_LENGTH ? { type: "conversation", id } : null;
}

type Given = { readonly type: "absent" } | { readonly type: "string"; readonly text: string };

const ABSENT: Given = { type: "absent" };

function recogniseText(value: unknown, most: number): Given | null {
  if (isRecord(value, 1)) return value["type"] === "absent" ? ABSENT : null;
  if (!isRecord(value, 2) || value["type"] !== "string") return null;
  const { text } = value;
  return typeof text === "string" && text !== "" && text.length <= most ? { type: "string", text } : null;
}

/** With so many members: together with those that are asked for by name it has no other. */
function isRecord(value: unknown, members: number): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === members;
}
