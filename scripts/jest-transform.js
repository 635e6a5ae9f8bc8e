// Jest hands TypeScript to esbuild: types are checked by `npm run types`, never while tests run.
import { transformSync } from "esbuild";

export default {
  process(source, filename) {
    return transformSync(source, {
      loader: "ts",
      format: "esm",
      target: "node24",
      sourcefile: filename,
      sourcemap: "inline",
    });
  },
};
