/** The image of a language, with the guest scripts of the debug engine beside its own. */
import { type Image, readAsset } from "../sandbox/index.ts";

/** How an action's script is called in its stacks. */
export const NAME_PRELUDE = "debug";
/** What an action throws is uncaught. The debug process knows the part by this name. */
const UNCAUGHT_PART = "debug-uncaught";

export function withDebugScripts(image: Image): Image {
  const preludes = [...image.preludes, { name: NAME_PRELUDE, code: readAsset("debug-script-name.js") }];
  return { ...image, preludes, parts: { ...image.parts, [UNCAUGHT_PART]: readAsset("debug-uncaught.js") } };
}
