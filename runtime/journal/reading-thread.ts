/** The thread on which a long text of a recording is read. */
import { parentPort } from "node:worker_threads";
import { type Piece, split } from "./pieces.ts";
import type { Asked, Told } from "./reading.ts";
import { readRecording } from "./recording.ts";

const chunks: string[] = [];
let pieces: Iterator<Piece> | null = null;

const tell = (told: Told): void => parentPort!.postMessage(told);

parentPort!.on("message", (asked: Asked) => {
  if (typeof asked === "object") chunks.push(asked.text);
  else if (asked === "read") read();
  else {
    const { done, value } = pieces!.next();
    tell(done === true ? "over" : { piece: value });
  }
});

function read(): void {
  try {
    pieces = split(readRecording(chunks.splice(0).join("")));
    tell("ready");
  } catch (error) {
    tell({ fault: (error as Error).message });
  }
}
