/**
 * Runs the usual snippet of well-known packages in an action and in Node, and compares what they give. `npm ci` in this folder first; a package that is
 * not installed is skipped with a line. Ends with status 1 where a result differs.
 *
 *     npm run compat [-- NAME …]
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { createRuntime } from "../runtime/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { SNIPPETS } from "./snippets.ts";
import type { Snippet } from "./snippets.ts";

const folder = dirname(fileURLToPath(import.meta.url));
/** Node's side of each snippet, as files, so that it imports as any module does. */
const made = join(folder, "made");

type Ran = { readonly value: unknown } | { readonly error: string };

async function main(wanted: readonly string[]): Promise<number> {
  const allow = installed();
  const chosen = SNIPPETS.filter(
    ({ packages }) => wanted.length === 0 || packages.some((name) => wanted.includes(name)),
  );
  const server = createServer(echo);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const hosts = { hosts: ["127.0.0.1"], http: true, private: [`127.0.0.1:${port}`, "127.0.0.1:9"] };
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const runtime = await createRuntime({
    logger,
    egress: hosts,
    packages: { folder, allow },
    limits: { compileMs: 60_000 },
  });
  mkdirSync(made, { recursive: true });
  let differing = 0;
  try {
    for (const snippet of chosen) {
      const missing = snippet.packages.filter((name) => allow[name] === undefined);
      const label = snippet.packages.map((name) => `${name} ${allow[name] ?? ""}`).join(", ");
      if (missing.length > 0) {
        process.stdout.write(`skipped  ${label}: not installed (npm ci in compat/)\n`);
        continue;
      }
      const args = { url: `http://127.0.0.1:${port}` };
      const [action, node] = [await inAction(runtime, snippet, args), await inNode(snippet, args)];
      const same = "value" in node && isDeepStrictEqual(action, node);
      process.stdout.write(`${same ? "same    " : "DIFFERS "} ${label}\n`);
      if (same) continue;
      differing++;
      process.stdout.write(`  action: ${shown(action)}\n  Node:   ${shown(node)}\n`);
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
    await runtime.close();
    server.close();
    server.closeAllConnections();
  }
  return differing === 0 ? 0 : 1;
}

/** The versions that npm has put there. */
function installed(): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of new Set(SNIPPETS.flatMap(({ packages }) => packages))) {
    const manifest = join(folder, "node_modules", name, "package.json");
    if (existsSync(manifest))
      versions[name] = (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
  }
  return versions;
}

async function inAction(runtime: Runtime, { source }: Snippet, args: object): Promise<Ran> {
  const text =
    source.replace("export default ", "const run = ") + "\nexport const execute_action = ({ args }) => run(args);";
  const outcome = await runtime.execute({
    action: { source: text, filename: "snippet.mjs" },
    context: { conversation: null, args },
    limits: { cpuMs: 10_000, wallMs: 20_000 },
  });
  if (outcome.status === "returned") return { value: outcome.returnValue };
  return { error: `${outcome.error?.name}: ${outcome.error?.stack ?? outcome.error?.message}` };
}

async function inNode({ packages, source }: Snippet, args: object): Promise<Ran> {
  const file = join(made, `${packages.join("-").replaceAll("/", "-")}.mjs`);
  writeFileSync(file, source);
  try {
    const { default: run } = (await import(pathToFileURL(file).href)) as { default: (args: object) => unknown };
    const text = JSON.stringify(await run(args));
    return { value: text === undefined ? null : JSON.parse(text) };
  } catch (error) {
    return { error: String(error instanceof Error ? error.stack : error) };
  }
}

/** What it was asked, without what two clients say of themselves. */
function echo(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const status = Number(/^\/status\/(\d{3})/.exec(request.url ?? "")?.[1] ?? 200);
    const { method, url: path } = request;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ method, path, body: Buffer.concat(chunks).toString() }));
  });
}

function shown(ran: Ran): string {
  return JSON.stringify(ran).slice(0, 1_000);
}

process.exitCode = await main(process.argv.slice(2));
