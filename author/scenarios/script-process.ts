/** Prints the default export of the module whose URL it is given, as one line of JSON. See load-script.ts. */
import process from "node:process";

const [url = ""] = process.argv.slice(2);
const loaded = (await import(url)) as { readonly default?: unknown };
process.stdout.write(`\n${JSON.stringify(loaded.default ?? null)}\n`);
