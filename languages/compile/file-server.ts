/**
 * Hands an action's files in to a compile process that sees none of them. That process may be in a source's hands: one question at a time, read by a
 * schema, and nothing is answered of what is not the action's that is being compiled, links followed.
 */
import { realpathSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import * as z from "zod";
import { FrameReader, JSON_KIND, encodeFrame } from "../../sandbox/protocol/wire.ts";
import { DISK, type Looked } from "./disk.ts";
import type { FileQuestion } from "./host-disk.ts";
import { inside } from "./inside.ts";
import type { Channel } from "../../sandbox/index.ts";
import type { CompileRequest } from "./messages.ts";

type Handed = Pick<CompileRequest, "root" | "reads">;

export interface FileServer {
  /** From now on the files of this compile are handed in; null for none. */
  hand(request: Handed | null): void;
}

const path = z.string().max(8_192);
const questionSchema: z.ZodType<FileQuestion> = z.discriminatedUnion("ask", [
  z.strictObject({ ask: z.literal("leads_outside"), path }),
  z.strictObject({ ask: z.literal("look"), path }),
  z.strictObject({ ask: z.literal("read"), path, limit: z.int().min(0) }),
]);

/** No file of an action is larger, whatever its limits. */
const MAX_BYTES = 16 * 1024 * 1024;
const QUESTION_BYTES = 64 * 1024;
/** Of one compile: some ten times what a thousand files that import each other take, and twice what a compile reads at most. */
const MAX_QUESTIONS = 200_000;
const MAX_READ = 128 * 1024 * 1024;
const NOTHING: Looked = { stamp: null, real: null, isFolder: false };
const GONE = { code: "IMPORT_NOT_FOUND", problem: "the file cannot be read" };

/** `onBroken` hears that what asks is not to be trusted any more. */
export function serveFiles(fileChannel: Channel, onBroken: () => void): FileServer {
  let handed: Handed | null = null;
  let questions = 0;
  let written = 0;
  const reader = new FrameReader(QUESTION_BYTES);
  fileChannel.on("data", (chunk: Buffer) => {
    try {
      const [frame, ...more] = reader.read(chunk);
      if (frame === undefined) return;
      // It stands still until it is answered.
      if (more.length > 0 || frame.kind !== JSON_KIND || frame.bytes !== undefined)
        throw new Error("more than one question");
      if (++questions > MAX_QUESTIONS || written > MAX_READ) throw new Error("more than a compile asks for");
      const answer = answerTo(questionSchema.parse(JSON.parse(frame.json)), handed);
      written += answer.length;
      fileChannel.write(answer);
    } catch {
      onBroken();
    }
  });
  fileChannel.on("error", () => undefined);
  return {
    hand(request) {
      handed = request;
      questions = 0;
      written = 0;
    },
  };
}

/** Throws for what no compile process of ours asks. */
function answerTo(question: FileQuestion, handed: Handed | null): Buffer {
  const { path: asked } = question;
  if (handed === null || !isAbsolute(asked) || resolve(asked) !== asked) throw new Error("no path that is handed in");
  const { root, reads } = handed;
  const isRead = reads.some((each) => each === asked || realOf(each) === asked);
  if (!isRead && (root === null || !inside(asked, root))) throw new Error("a path outside of the action's files");
  const isHere = isRead || inside(realOf(asked) ?? "/", root!);
  switch (question.ask) {
    case "leads_outside":
      return encodeFrame(JSON.stringify(root !== null && DISK.leadsOutside(asked, root)));
    case "look":
      return encodeFrame(JSON.stringify(isHere ? DISK.look(asked) : NOTHING));
    case "read": {
      const read = isHere ? DISK.read(asked, Math.min(question.limit, MAX_BYTES)) : GONE;
      return Buffer.isBuffer(read) ? encodeFrame("null", read) : encodeFrame(JSON.stringify(read));
    }
    default:
      return question satisfies never;
  }
}

/** Null where there is nothing. */
function realOf(asked: string): string | null {
  try {
    return realpathSync.native(asked);
  } catch {
    return null;
  }
}
