/** A real browser over a real session: Debian's chromium, driven by playwright-core, on the page that `baton dev` serves. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type Page as Tab, chromium } from "playwright-core";
import type { DevEvent } from "../../author/session/events.ts";
import { Session } from "../../author/session/session.ts";
import { measure } from "../../cli/dev/measure.ts";
import { type Page, openPage } from "../../playground/index.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Artefacts, for people to look at. */
export const SHOTS = join(ROOT, "screenshots");

export const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path)) ?? null;

if (CHROMIUM === null)
  process.stderr.write("skipped: tests of the page need Debian's chromium (apt-get install chromium)\n");

export function openBrowser(): Promise<Browser> {
  mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({
    executablePath: CHROMIUM!,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}

export interface Served {
  readonly page: Page;
  readonly session: Session;
  readonly folder: string;
  readonly events: DevEvent[];
  close(): Promise<void>;
}

export interface Project {
  /** Without the fixtures there is nothing in it but what `files` puts there. */
  readonly fixtures?: boolean;
}

/** The fixtures as a project of their own, with a page over it. */
export async function servePage(
  files: (folder: string) => void = () => {},
  { fixtures = true }: Project = {},
): Promise<Served> {
  const made = mkdtempSync(join(tmpdir(), "baton-page-"));
  const folder = join(made, "northwind-lamps");
  mkdirSync(join(folder, "actions"), { recursive: true });
  if (fixtures) {
    cpSync(join(ROOT, "fixtures/actions"), join(folder, "actions"), { recursive: true });
    cpSync(join(ROOT, "fixtures/contexts"), join(folder, "contexts"), { recursive: true });
  }
  files(folder);
  const events: DevEvent[] = [];
  let page: Page | null = null;
  const session = new Session({
    folder,
    matrix: false,
    record: true,
    emit(event) {
      events.push(event);
      page?.send(event);
    },
    note: () => {},
  });
  page = await openPage({ session, folder, root: folder, live: false, port: 0, measure });
  session.start(Date.now());
  return {
    ...{ page, session, folder, events },
    async close() {
      await page.close();
      await session.close();
      rmSync(made, { recursive: true, force: true });
    },
  };
}

export interface OpenTab {
  readonly width?: number;
  readonly scheme?: "light" | "dark";
}

/** A tab of its own context, which fails its test for whatever the browser complains of. */
export async function openTab(browser: Browser, url: string, { width = 1280, scheme = "light" }: OpenTab = {}) {
  const context = await browser.newContext({
    viewport: { width, height: 860 },
    colorScheme: scheme,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(120_000);
  const tab = await context.newPage();
  const complaints: string[] = [];
  tab.on("pageerror", (error) => complaints.push(`${error.name}: ${error.message}`));
  tab.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  const foreign: string[] = [];
  tab.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith("data:"))
      foreign.push(request.url());
  });
  await tab.goto(url);
  return { tab, complaints, foreign, close: () => context.close() };
}

/** What axe finds that is serious or critical, as sentences. */
export async function seriousFindings(tab: Tab): Promise<string[]> {
  const { source } = await import("axe-core").then((module) => module.default);
  // The page's own policy lets no script of others in: the driver's door is used instead.
  const session = await tab.context().newCDPSession(tab);
  await session.send("Runtime.evaluate", { expression: source });
  const { result } = await session.send("Runtime.evaluate", {
    expression: `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => JSON.stringify(violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ": " + target.join(" ") + ": " + failureSummary))))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  return JSON.parse(result.value as string) as string[];
}
