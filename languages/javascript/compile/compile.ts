/** The compiler's module of the seam, loaded in a compile process: it counts as loaded once esbuild is up. */
import { initialize } from "esbuild";
import type { Compile } from "../../compile/messages.ts";
import { compileJavaScript } from "./bundle.ts";

export const compile: Compile = compileJavaScript;

await initialize({});
