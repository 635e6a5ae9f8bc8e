/** The scripts of ours that an isolate is made of, as text: for an isolate of their own or a context under a debugger. */
import type { Image } from "../image.ts";

/** The file name that an action's script carries inside V8; the host maps its positions back to the author's files. */
export const ACTION_FILE = "baton:action";

/** One script for bootstrap and preludes together: one compilation, one cache. */
export function composeBootstrap({ bootstrap, preludes, loader }: Image): string {
  const installs = preludes.map(({ name, code }) => `{ name: ${JSON.stringify(name)}, install: ${stripEnd(code)} }`);
  const load = loader === null ? "null" : stripEnd(loader);
  return `(door) => (${stripEnd(bootstrap)})(door, [${installs.join(",\n")}], ${load})`;
}

const stripEnd = (code: string): string => code.trimEnd().replace(/;$/, "");
