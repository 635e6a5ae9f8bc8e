/** JavaScript and TypeScript behind the seam: bundled by esbuild, played as one script by the sandbox's own bootstrap. */
import { FETCH_PRELUDE, HAND_OFF_PRELUDE } from "../../host-api/preludes.ts";
import { readAsset, scriptImage } from "../../sandbox/index.ts";
import { SCRIPT_NAME } from "../action.ts";
import type { Language } from "../language.ts";
import { REHEARSAL } from "./rehearsal.ts";

const PRELUDES = [HAND_OFF_PRELUDE, "web", FETCH_PRELUDE];
const HERE = import.meta.url;

export const JAVASCRIPT: Language = {
  id: "javascript",
  extensions: [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"],
  entryPoints: ["execute_action", "executeAction", "default"],
  compiler: new URL(`./compile/compile${HERE.slice(HERE.lastIndexOf("."))}`, HERE).href,
  positionMark: `${SCRIPT_NAME}:`,
  image: () =>
    scriptImage({
      id: "javascript",
      preludes: PRELUDES.map((name) => ({ name, code: readAsset(`${name}.js`) })),
      rehearsal: REHEARSAL,
    }),
  errors: async () => (await import("./errors/index.ts")).errors,
};
