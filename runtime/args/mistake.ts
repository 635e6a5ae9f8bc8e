/** Mistakes in arguments: what is wrong with arguments by a JSON Schema, in one sentence. The schema is a customer's: see checker.ts for where this may run. */
import { z } from "zod";

export interface ArgsMistake {
  readonly code: "INVOCATION_INVALID" | "ARGS_INVALID";
  readonly message: string;
}

/** Names of the arguments and of the schema, which may be as long as they are. */
const LONGEST = 300;

export function argsMistake(schema: object, args: object): ArgsMistake | null {
  let reader: z.ZodType;
  try {
    reader = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  } catch (error) {
    return unusable(error instanceof Error ? error.message : String(error));
  }
  try {
    const read = reader.safeParse(args);
    if (read.success) return null;
    const issue = read.error.issues[0]!;
    const place = ["args", ...issue.path].join(".").slice(0, LONGEST);
    const message = `The arguments are not valid: ${place}: ${issue.message.slice(0, LONGEST).replace(/\.$/, "")}.`;
    return { code: "ARGS_INVALID", message };
  } catch (error) {
    return unusable(error instanceof Error ? error.message : String(error));
  }
}

export function unusable(why: string): ArgsMistake {
  return {
    code: "INVOCATION_INVALID",
    message: `The invocation is not valid: "argsSchema" cannot be used: ${why.slice(0, LONGEST).replace(/\.$/, "")} (docs/embed.md).`,
  };
}
