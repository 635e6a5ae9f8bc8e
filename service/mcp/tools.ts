/** Live actions as a model sees them: a name, what it is for, the JSON Schema of its arguments, and of what comes back. */
import { createHash } from "node:crypto";
import { createSlices } from "../../base/slices.ts";
import type { Parts } from "../parts.ts";
import type { Share } from "../store/operations/actions.ts";

export interface Tool {
  /** As models allow it: letters, digits, _ and -. */
  readonly name: string;
  /** Null for the hand-off, which is no action of the tenant's. */
  readonly action: string | null;
  readonly description: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export type ToolFormat = "openai" | "anthropic" | "mcp";

/** Of all schemas together: more than any model reads. Tools past it take any object. */
const SCHEMA_CHARS = 1024 * 1024;
const MAX_CHARS = 64;
const LEGAL = /^[A-Za-z0-9_-]{1,64}$/;
const DIGEST_CHARS = 8;
const ANY_OBJECT = { type: "object", additionalProperties: true };
export const HAND_OFF = "hand_off_conversation";

const HAND_OFF_TOOL: Tool = {
  name: HAND_OFF,
  action: null,
  description: "Hands the conversation off to a human. Once it is handed off, the bot no longer answers in it.",
  input: {
    type: "object",
    properties: {
      reason: { type: "string", maxLength: 500, description: "Why a human is needed." },
      phone_destination: {
        type: "string",
        description: "E.164 number to transfer a live call to; ignored outside the phone channel.",
      },
    },
    additionalProperties: false,
  },
};

/** What a call comes back with, whatever the action did. */
const RESULT_SCHEMA = {
  type: "object",
  properties: {
    executionId: { type: "string" },
    status: { type: "string" },
    returnValue: { description: "What the action returned; not there where a phone transfer fired." },
    bot: {
      type: "object",
      properties: { mayReplyNow: { type: "boolean" }, mayReplyLater: { type: "boolean" } },
      required: ["mayReplyNow", "mayReplyLater"],
    },
    handoff: { type: ["object", "null"], properties: { kind: { type: "string" }, state: { type: "string" } } },
  },
  required: ["executionId", "status", "bot", "handoff"],
} as const;

export async function liveTools(parts: Parts, tenant: string): Promise<readonly Tool[]> {
  const rows = await parts.store.run("liveVersions", { tenant });
  const slices = createSlices();
  let chars = 0;
  const tools: Tool[] = [];
  const taken = new Set([HAND_OFF, ...rows.map(({ action }) => action).filter((action) => LEGAL.test(action))]);
  for (const { action, live, version, args, note } of rows) {
    // The version that most conversations get speaks for the action.
    const shares = JSON.parse(live) as Share[];
    const most = shares.reduce((best, share) => (share.percent > best.percent ? share : best));
    if (version !== most.version) continue;
    await slices.pause();
    const name = nameOf(action, taken);
    taken.add(name);
    chars += args?.length ?? 0;
    const schema = args === null || chars > SCHEMA_CHARS ? null : (JSON.parse(args) as Record<string, unknown>);
    const described = typeof schema?.["description"] === "string" ? schema["description"] : null;
    const description = described ?? note ?? `The action ${action}.`;
    tools.push({ name, action, description, input: objectSchema(schema) });
  }
  return [...tools, HAND_OFF_TOOL];
}

/** The action's own where models allow it; else one that no other tool has, the same at each call. */
function nameOf(action: string, taken: ReadonlySet<string>): string {
  if (LEGAL.test(action) && action !== HAND_OFF) return action;
  const near = action.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, MAX_CHARS);
  if (!taken.has(near)) return near;
  const digest = createHash("sha256").update(action).digest("hex").slice(0, DIGEST_CHARS);
  return `${near.slice(0, MAX_CHARS - DIGEST_CHARS - 1)}_${digest}`;
}

/** Models take a schema of an object and nothing else. */
function objectSchema(schema: Record<string, unknown> | null): Readonly<Record<string, unknown>> {
  return schema?.["type"] === "object" ? schema : ANY_OBJECT;
}

export function toolList(tools: readonly Tool[], format: ToolFormat): readonly object[] {
  return tools.map((tool) => {
    const { name, description, input } = tool;
    switch (format) {
      case "openai":
        return { type: "function", function: { name, description, parameters: input } };
      case "anthropic":
        return { name, description, input_schema: input };
      case "mcp":
        return mcpTool(tool);
    }
  });
}

export function mcpTool({ name, description, input }: Tool): object {
  return { name, description, inputSchema: input, outputSchema: RESULT_SCHEMA };
}
