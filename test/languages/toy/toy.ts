/**
 * A language that is not JavaScript, small enough to read at a glance: `hand_off ARGS`, `return last`, `return JSON`, `throw TEXT`, `loop`.
 * Its artifact is the author's text; the interpreter below runs in the isolate and reads it there.
 */
import { HAND_OFF_PRELUDE } from "../../../host-api/preludes.ts";
import type { Language } from "../../../languages/language.ts";
import { readAsset, scriptImage } from "../../../sandbox/index.ts";

const INTERPRETER = `(text) => ({ main: (context) => {
  let last = null;
  for (const [index, line] of text.split("\\n").entries()) {
    const [word, rest] = [line.split(" ", 1)[0], line.slice(line.indexOf(" ") + 1)];
    if (word === "hand_off") last = hand_off_conversation(context, ...(rest === word ? [] : JSON.parse(rest)));
    if (word === "throw") throw Object.assign(new Error(rest), { name: "ToyError", stack: "line " + (index + 1) });
    if (word === "loop") for (;;);
    if (word === "return") return rest === "last" ? last : JSON.parse(rest);
  }
} })`;

export const TOY: Language = {
  id: "toy",
  extensions: [".toy"],
  entryPoints: ["main"],
  compiler: new URL("./compile.ts", import.meta.url).href,
  image: () =>
    scriptImage({
      id: "toy",
      preludes: [{ name: HAND_OFF_PRELUDE, code: readAsset(`${HAND_OFF_PRELUDE}.js`) }],
      loader: INTERPRETER,
    }),
  errors: async () => ({
    mapStack(raw, { filename }) {
      const line = /line (\d{1,9})$/.exec(raw ?? "")?.[1];
      return line === undefined ? {} : { stack: `at ${filename}:${line}`, frame: `> ${line}` };
    },
    entryPosition: () => null,
    entryHint: () => null,
    hintFor: () => null,
  }),
};
