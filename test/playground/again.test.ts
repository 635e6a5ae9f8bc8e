// Any run on the page: replayed, edited and run again, saved as a scenario in one click, each linked to its original; and what the scenarios cover.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page as Tab } from "playwright-core";
import { CHROMIUM, SHOTS, type Served, openBrowser, openTab, seriousFindings, servePage } from "./browser.ts";

const ORDER = `import { isLarge } from "./sizes.ts";
export async function execute_action(context: ActionContext<{ order: string; total: number }>) {
  const ticket = crypto.randomUUID();
  const answer = await fetch("https://orders.example/" + context.args.order);
  const { paid } = await answer.json();
  if (isLarge(context.args.total)) {
    hand_off_conversation(context, "Large order " + context.args.order);
    return { ticket, message: "A colleague takes over." };
  }
  return { ticket, paid, at: new Date().toISOString() };
}
`;
const SIZES = `export function isLarge(total: number): boolean {
  return total > 500;
}
export const never = () => 1;
`;
const SCENARIO = `context:
  conversation: { id: c-1, latestChannel: chat }
  args: { order: A-7, total: 20 }
http:
  - url: https://orders.example/A-7
    json: { paid: true }
expect:
  handoff: null
`;

const inBrowser = CHROMIUM === null ? describe.skip : describe;

inBrowser("a run on the page", () => {
  let served: Served;
  let browser: Browser;
  const actions = (): string => join(served.folder, "actions");
  const button = (tab: Tab, name: string) => tab.getByRole("button", { name, exact: true });

  beforeAll(async () => {
    served = await servePage(
      (folder) => {
        writeFileSync(join(folder, "actions/order.ts"), ORDER);
        writeFileSync(join(folder, "actions/sizes.ts"), SIZES);
        writeFileSync(join(folder, "actions/order.small.scenario.yaml"), SCENARIO);
      },
      { fixtures: false },
    );
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  async function openRun(): Promise<Awaited<ReturnType<typeof openTab>>> {
    const opened = await openTab(browser, served.page.url);
    await opened.tab.getByRole("navigation").getByRole("link", { name: /^Runs/ }).click();
    // The first run of all: later ones stand above it.
    await opened.tab.getByRole("option", { name: /order\.ts, small/ }).last().click();
    await button(opened.tab, "Replay").waitFor();
    return opened;
  } // prettier-ignore

  test("is replayed to the byte, also when its file has changed, and against the code as it is now", async () => {
    const { tab, complaints, close } = await openRun();
    await button(tab, "Replay").click();
    await tab.getByText("The same run again: the same turns, the same calls, the same outcome to the byte.").waitFor();
    writeFileSync(join(actions(), "order.ts"), ORDER.replace("{ ticket, paid,", "{ ticket, paid: !paid,"));
    await tab.getByRole("option", { name: /order\.ts, small/ }).nth(2).waitFor();
    await button(tab, "Replay").click();
    await tab.getByText("The same run again", { exact: false }).waitFor();
    await button(tab, "Replay with the code as it is now").click();
    await tab.getByText("The code as it is now does something else.").waitFor();
    const row = tab.getByRole("row").filter({ hasText: "returnValue.paid" });
    await row.getByText("true").waitFor();
    await row.getByText("false").waitFor();
    await tab.screenshot({ path: join(SHOTS, "replayed.png"), fullPage: true });
    await tab.getByRole("link", { name: "Open the replay" }).click();
    await tab.getByRole("link", { name: /^its original, run 1$/ }).click();
    await tab.getByRole("link", { name: /^Replay \d+$/ }).first().waitFor();
    writeFileSync(join(actions(), "order.ts"), ORDER);
    expect(complaints).toEqual([]);
    await close();
  }, 60_000); // prettier-ignore

  test("is edited and run again with the answers that it got, and compared with its original", async () => {
    const { tab, complaints, close } = await openRun();
    await button(tab, "Edit and run").click();
    await tab.getByRole("heading", { level: 1, name: "Edit and run" }).waitFor();
    await tab.getByLabel("total (required)").fill("900");
    await tab.getByRole("textbox", { name: "Context" }).getByText("900").waitFor();
    await tab.screenshot({ path: join(SHOTS, "edit.png"), fullPage: true });
    expect(await seriousFindings(tab)).toEqual([]);
    await button(tab, "Run").click();
    await tab.getByText("Asked for by the page, edited", { exact: false }).waitFor();
    await tab.getByRole("link", { name: "its original, run 1" }).waitFor();
    await tab.getByRole("tab", { name: "Outcome" }).click();
    await tab.getByText("A human takes over (recorded): Large order A-7").waitFor();
    await button(tab, "Compare with its original").click();
    await tab.getByRole("heading", { name: "What is not the same" }).waitFor();
    await tab.getByText("Large order A-7", { exact: false }).first().waitFor();
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);

  test("is a scenario in one click, which passes, says of which run it is, and stands on the run", async () => {
    const { tab, complaints, close } = await openRun();
    const before = new Set(readdirSync(actions()));
    await button(tab, "Save as a scenario").click();
    await tab.getByText("Saved, and baton test passes it.").waitFor();
    const [made] = readdirSync(actions()).filter((name) => !before.has(name));
    expect(made).toBe("order.answers-1.scenario.yaml");
    const text = readFileSync(join(actions(), made!), "utf8");
    expect(text).toMatch(/^# Made on the page of baton dev of the run of \d{4}-.* \(execution .+\)\.\n/);
    expect(text).toContain("action: ./order.ts");
    expect(text).toContain("https://orders.example/A-7");
    await tab.getByRole("listitem").getByRole("link", { name: `actions/${made}` }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  }, 60_000); // prettier-ignore

  test("and the scenarios' coverage is shown by file and by line", async () => {
    const { tab, complaints, close } = await openTab(browser, served.page.url);
    await tab.getByRole("navigation").getByRole("link", { name: "Scenarios" }).click();
    await button(tab, "Measure coverage").click();
    // A debug process is started and plays one scenario after the other.
    await button(tab, "actions/sizes.ts").click({ timeout: 80_000 });
    const lines = tab.getByRole("region", { name: "actions/sizes.ts, line by line" });
    await lines.waitFor();
    expect(await lines.innerText()).toMatch(/2\s*[1-9]\d*×\s+return total > 500;/);
    await button(tab, "actions/order.ts").click();
    const order = tab.getByRole("region", { name: "actions/order.ts, line by line" });
    expect(await order.innerText()).toMatch(/7\s*0×\s*never ran:\s+hand_off_conversation/);
    await tab.screenshot({ path: join(SHOTS, "coverage.png"), fullPage: true });
    expect(await seriousFindings(tab)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  }, 120_000);
});
