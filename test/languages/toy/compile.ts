/** The compiler of `.toy`: one statement a line. What is none is reported with its line, and nothing else is done to the text. */
import { codeFrame } from "../../../languages/code-frame.ts";
import type { Compile } from "../../../languages/compile/messages.ts";

const STATEMENT = /^(?:|#.*|hand_off(?: .*)?|return(?: .*)?|throw .+|loop)$/;

export const compile: Compile = async ({ filename, source }) => {
  const lines = source.split("\n");
  const bad = lines.findIndex((line) => !STATEMENT.test(line));
  const onDisk = { stamps: [], contents: [] };
  if (bad === -1)
    return { type: "built", script: source, map: "", index: null, inputs: [filename], warnings: [], ...onDisk };
  const [line, column] = [bad + 1, 1];
  const frame = codeFrame(source, line, column);
  const message = `${lines[bad]} is no statement.`;
  const diagnostic = { code: "SYNTAX_ERROR", message, file: filename, line, column, frame, severity: "error" as const };
  return { type: "failed", diagnostics: [diagnostic], ...onDisk };
};
