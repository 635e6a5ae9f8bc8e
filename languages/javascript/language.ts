/** JavaScript and TypeScript behind the seam: bundled by esbuild, played as one script by the sandbox's own bootstrap. */
import { ownFile } from "../../base/own-files.ts";
import { FETCH_PRELUDE, HAND_OFF_PRELUDE } from "../../host-api/preludes.ts";
import { readAsset, scriptImage } from "../../sandbox/index.ts";
import { SCRIPT_NAME } from "../action.ts";
import type { Language } from "../language.ts";
import { REHEARSAL } from "./rehearsal.ts";

const PRELUDES = [HAND_OFF_PRELUDE, "web", FETCH_PRELUDE];

export const JAVASCRIPT: Language = {
  id: "javascript",
  extensions: [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"],
  entryPoints: ["execute_action", "executeAction", "default"],
  get compiler() {
    return ownFile("./compile/compile.ts", import.meta.url).href;
  },
  positionMark: `${SCRIPT_NAME}:`,
  image: () =>
    scriptImage({
      id: "javascript",
      preludes: PRELUDES.map((name) => ({ name, code: readAsset(`${name}.js`) })),
      rehearsal: REHEARSAL,
    }),
  errors: async () => (await import("./errors/index.ts")).errors,
  author: async () => (await import("./author/index.ts")).author,
};
