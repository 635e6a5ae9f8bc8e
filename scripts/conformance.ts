/** Measures the guest's platform against the web-platform-tests' data files and writes the figures into docs/web-platform.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import process from "node:process";

const folder = process.env["WPT_DATA"];
if (folder === undefined || folder === "") {
  console.error("WPT_DATA must name the folder with the web-platform-tests' data files");
  process.exit(2);
}
const { measure } = await import("../test/web/conformance.ts");
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)}%`;
const figures = await measure(folder);
const table = [
  "| area | cases | right in an action | right in Node |",
  "| --- | ---: | ---: | ---: |",
  ...figures.map(({ area, cases, guest, node }) =>
    `| ${area} | ${cases} | ${guest} (${percent(guest, cases)}) | ${node} (${percent(node, cases)}) |`), // prettier-ignore
].join("\n");
const file = fileURLToPath(new URL("../docs/web-platform.md", import.meta.url));
const page = readFileSync(file, "utf8");
const [begin, end] = ["<!-- conformance -->\n", "<!-- /conformance -->"];
const note = `Measured with Node ${process.version}.\n`;
const written = page.replace(new RegExp(`${begin}[^]*${end}`), `${begin}\n${note}\n${table}\n\n${end}`);
writeFileSync(file, written);
console.log(table);
