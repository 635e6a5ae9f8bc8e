// The author's page in a real browser, by what a person sees and does: names, roles, keys and sentences.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, Page as Tab } from "playwright-core";
import { CHROMIUM, SHOTS, type Served, openBrowser, openTab, seriousFindings, servePage } from "./browser.ts";

const VALUE = "a value that a transfer drops";
const LINE = `import { businessHours } from "baton-runtime/hours";
const hours = businessHours({
  timeZone: "America/New_York",
  week: { monday: ["09:00", "17:00"], friday: ["09:00", "17:00"] },
  holidays: { "2026-12-25": null },
});
/** Puts the customer through to the line that is open. */
export function execute_action(context: ActionContext<{ department: "sales" | "help"; note?: string }>) {
  console.log("asked for", context.args.department);
  if (!hours.isOpen()) return { message: "We are closed." };
  hand_off_conversation(context, context.args.department, "+12025550143");
  return { message: "${VALUE}" };
}
`;

const inBrowser = CHROMIUM === null ? describe.skip : describe;

inBrowser("the page", () => {
  let served: Served;
  let browser: Browser;

  beforeAll(async () => {
    served = await servePage((folder) => writeFileSync(join(folder, "actions/line.ts"), LINE));
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  const open = (options = {}) => openTab(browser, served.page.url, options);
  const button = (tab: Tab, name: string) => tab.getByRole("button", { name, exact: true });
  const go = async (tab: Tab, view: string): Promise<void> => {
    await tab.getByRole("navigation").getByRole("link", { name: view }).click();
    await tab.getByRole("heading", { level: 1, name: view }).waitFor();
  };

  /** Where it never says so, what it says is in the error. */
  async function says(tab: Tab, text: string): Promise<void> {
    try {
      await tab.getByText(text).waitFor();
    } catch (error) {
      throw new Error(`The page says:\n${await tab.locator("body").innerText()}`, { cause: error });
    }
  }

  async function begin(tab: Tab, channel: string, action: string): Promise<void> {
    await button(tab, "New conversation").click();
    const dialog = tab.getByRole("dialog");
    await dialog.getByText(channel, { exact: true }).click();
    await dialog.getByLabel("It begins with").selectOption({ label: `the context of actions/${action}` });
    await button(tab, "Begin").click();
    await dialog.waitFor({ state: "hidden" });
    await tab.getByLabel("Action", { exact: true }).selectOption(`actions/${action}`);
  }

  async function setClock(tab: Tab, now: string): Promise<void> {
    await tab.getByLabel("The time, by the action's clock").fill(now);
    await button(tab, "Set the clock").click();
    await tab.getByText("production: hand-offs happen").waitFor({ state: "attached" });
  }

  test("is enough to ring, be transferred, hang up, hand back, call again, and save that as scenarios that pass", async () => {
    const { tab, complaints, foreign, close } = await open();
    const answers: string[] = [];
    tab.on("response", (response) => {
      if (response.url().includes("/api/"))
        void response.text().then(
          (text) => answers.push(text),
          () => {},
        );
    });
    await begin(tab, "Phone", "line.ts");
    await button(tab, "Ring").click();
    await tab.getByRole("group", { name: "On the line: Customer and Bot" }).waitFor();
    await tab.getByLabel("The customer says").fill("Sales, please");
    await tab.getByLabel("The customer says").press("Enter");
    await tab.getByRole("log").getByText("Sales, please").waitFor();
    await tab.getByRole("button", { name: /^Key 1/ }).click();
    await setClock(tab, "2026-11-30T10:00:00-05:00");
    await tab.getByLabel("department (required)").selectOption("sales");
    await button(tab, "Call the action").click();
    await tab.getByRole("alertdialog", { name: "+12025550143 is ringing" }).waitFor();
    await tab.screenshot({ path: join(SHOTS, "simulator-ringing.png") });
    await button(tab, "Answer").click();
    await tab.getByRole("group", { name: "On the line: Customer and Human" }).waitFor();
    await tab.getByLabel("The bot says").fill("Are you still there?");
    await button(tab, "Say it anyway").click();
    await tab.getByText("Caught: the bot spoke after a hand-off.").waitFor();
    await tab.getByText("What the bot was given, timeline and logs").click();
    await tab.getByText("The bot was given nothing.").waitFor();
    await tab.screenshot({ path: join(SHOTS, "simulator-caught.png"), fullPage: true });
    await button(tab, "Hang up").click();
    await button(tab, "Hand back to the bot").click();
    await tab.getByText("Epoch 1", { exact: true }).waitFor();
    await button(tab, "Ring again").click();
    await tab.getByRole("group", { name: "On the line: Customer and Bot" }).waitFor();
    await setClock(tab, "2026-12-25T10:00:00-05:00");
    await button(tab, "Call the action").click();
    await tab.getByText("Nobody was handed off.").waitFor();
    // What the action returned is put into the bot's mouth.
    await tab.getByRole("paragraph").filter({ hasText: "The bot goes on." }).waitFor();
    expect(await tab.getByLabel("The bot says").inputValue()).toBe("We are closed.");
    await button(tab, "Save as a scenario").click();
    await tab.getByLabel("File, beside the first action").fill("line.walk.scenario.yaml");
    await button(tab, "Save").click();
    await tab.getByText("Saved, and baton test passes it.").waitFor();
    await tab.getByText("2 of 2 passed.").waitFor();
    await button(tab, "Done").click();
    const saved = readFileSync(join(served.folder, "actions/line.walk.scenario.yaml"), "utf8");
    for (const text of [saved, await tab.content(), ...answers]) expect(text).not.toContain(VALUE);
    expect(answers.length).toBeGreaterThan(10);
    expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] });
    await close();
  });

  test("shows a run with what it did and when, and the difference of two", async () => {
    const { tab, complaints, close } = await open();
    await go(tab, "Runs");
    await tab.getByLabel("Filter").fill("business-hours");
    await tab
      .getByRole("option", { name: /on the phone, open/ })
      .first()
      .click();
    await tab.getByRole("list", { name: "Timeline" }).getByText("hand_off_conversation").waitFor();
    await tab.getByText("The return value was dropped on the host", { exact: false }).waitFor();
    await tab.screenshot({ path: join(SHOTS, "timeline.png") });
    await tab.getByRole("tab", { name: "Outcome" }).click();
    await tab.getByText("The bot was given nothing.").waitFor();
    await button(tab, "Compare with the run before").click();
    await tab.getByRole("heading", { name: "Two runs" }).waitFor();
    await tab.getByRole("heading", { name: "What is not the same" }).waitFor();
    await tab.screenshot({ path: join(SHOTS, "compare.png"), fullPage: true });
    expect(complaints).toEqual([]);
    await close();
  });

  test("follows a save: a run that fails is there with its code frame and a link into the editor, and gone when it is mended", async () => {
    const { tab, complaints, close } = await open();
    await go(tab, "Runs");
    await tab.getByLabel("Filter").fill("line.ts");
    const file = join(served.folder, "actions/line.ts");
    writeFileSync(file, LINE.replace("if (!hours", "throw new TypeError('not today');\n  if (!hours"));
    await tab.getByRole("option", { name: /threw/ }).first().click();
    await tab.getByRole("tab", { name: "Outcome" }).click();
    await tab.getByRole("region", { name: "Code frame of the error" }).getByText("not today").waitFor();
    const link = tab.getByRole("link", { name: /^Open actions\/line\.ts:10 in/ });
    expect(await link.getAttribute("href")).toBe(`vscode://file${file}:10:9`);
    writeFileSync(file, `${LINE}const unfinished = ;\n`);
    await tab.getByRole("region", { name: "Problems" }).getByText("unfinished").first().waitFor();
    writeFileSync(file, LINE);
    await tab.getByRole("region", { name: "Problems" }).waitFor({ state: "hidden" });
    expect(complaints).toEqual([]);
    await close();
  });

  test("checks a context as it is typed, and saves none with a mistake in it", async () => {
    const { tab, complaints, close } = await open();
    await go(tab, "Contexts");
    await tab.getByLabel("Its file").fill("contexts/vip.json");
    await button(tab, "Create").click();
    const editor = tab.getByRole("textbox", { name: "contexts/vip.json" });
    await editor.click();
    await tab.keyboard.press("Control+a");
    await tab.keyboard.insertText('{\n  "conversation": { "id": "v", "latestChannel": "fone" }\n}');
    await tab.getByText("Line 2, column 49: conversation.latestChannel", { exact: false }).waitFor();
    expect(await button(tab, "Save").isDisabled()).toBe(true);
    await tab.keyboard.press("Control+a");
    const good = '{\n  "conversation": { "id": "v", "latestChannel": "phone" },\n  "args": {}\n}';
    await tab.keyboard.insertText(good);
    await tab.getByText("Changed; not saved yet.").waitFor();
    await button(tab, "Save").click();
    await tab.getByText("As it is in the file.").waitFor();
    expect(readFileSync(join(served.folder, "contexts/vip.json"), "utf8")).toBe(good);
    expect(complaints).toEqual([]);
    await close();
  });

  test("draws a week from runs: a holiday is closed although its weekday is open", async () => {
    const { tab, complaints, close } = await open();
    await go(tab, "Hours");
    await tab.getByLabel("Action", { exact: true }).selectOption("actions/line.ts");
    await tab.getByLabel("Time zone of the picture").fill("America/New_York");
    await tab.getByLabel("A day of the week").fill("2026-12-25");
    await button(tab, "Draw the week").click();
    await tab.getByText("Sunday 2026-12-27:").waitFor();
    const words = await tab.getByRole("listitem").allTextContents();
    expect(words).toContain("Monday 2026-12-21: 00:00–09:00 answers; 09:00–17:00 transfer; 17:00–24:00 answers");
    expect(words).toContain("Friday 2026-12-25: 00:00–24:00 answers");
    await tab.getByRole("slider").fill("19");
    await tab.getByText("Monday 2026-12-21 09:30").waitFor();
    await tab.screenshot({ path: join(SHOTS, "hours.png"), fullPage: true });
    expect(complaints).toEqual([]);
    await close();
  });

  test.each([
    ["light", 1280],
    ["dark", 360],
  ] as const)(
    "has nothing serious for axe and no sideways scroll in any view: %s, %i pixels wide",
    async (scheme, width) => {
      const { tab, complaints, close } = await open({ scheme, width });
      await begin(tab, "Phone", "fraud-review.ts");
      await tab.getByLabel("orderId (required)").fill("A-1002");
      await button(tab, "Call the action").click();
      await says(tab, "A human takes over (recorded)");
      const found: Record<string, readonly string[]> = {};
      for (const view of ["Conversation", "Runs", "Scenarios", "Matrix", "Hours", "Contexts"]) {
        if (view !== "Conversation") await go(tab, view);
        if (view === "Scenarios") {
          await button(tab, "Run all").click();
          await tab.getByText("0 failed").waitFor();
        }
        if (view === "Matrix") {
          await button(tab, "Run the matrix").click();
          await tab.getByRole("table").waitFor();
        }
        if (view === "Contexts") await tab.getByRole("textbox", { name: /json$/ }).waitFor();
        await tab.screenshot({ path: join(SHOTS, `${scheme}-${width}-${view.toLowerCase()}.png`), fullPage: true });
        const wide = await tab.evaluate<number>(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        found[view] = [...(await seriousFindings(tab)), ...(wide > 0 ? [`${wide} pixels too wide`] : [])];
      }
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((view) => [view, []])));
      expect(complaints).toEqual([]);
      await close();
    },
  );

  test("keeps the arguments of the action's context, however late they come", async () => {
    const { tab, close } = await open();
    await tab.route("**/api/context-of**", async (route) => {
      const response = await route.fetch();
      const { context } = (await response.json()) as { context: Record<string, unknown> };
      await delay(300);
      await route.fulfill({
        json: { context: { ...context, args: { department: "sales", note: "from the context" } } },
      });
    });
    await begin(tab, "Chat", "line.ts");
    await tab.getByLabel("department (required)").selectOption("help");
    expect(await tab.getByLabel("note").inputValue()).toBe("from the context");
    await close();
  });

  test("works by keyboard alone: a call is begun, rung, spoken in and ended without a pointer", async () => {
    const { tab, close } = await open();
    const focused = () => tab.evaluate<string>("document.activeElement?.textContent?.trim() ?? ''");
    const tabTo = async (name: string): Promise<void> => {
      for (let steps = 0; steps < 80 && (await focused()) !== name; steps += 1) await tab.keyboard.press("Tab");
      expect(await focused()).toBe(name);
    };
    await button(tab, "New conversation").waitFor();
    await tab.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to the content");
    await tab.keyboard.press("Enter");
    await tabTo("New conversation");
    await tab.keyboard.press("Enter");
    await tab.getByRole("dialog").waitFor();
    await tabTo("Begin");
    await tab.keyboard.press("Enter");
    await tab.getByRole("dialog").waitFor({ state: "hidden" });
    // The focus is where it was before the question.
    expect(await focused()).toBe("New conversation");
    await tabTo("Ring");
    await tab.keyboard.press("Enter");
    await tab.getByRole("group", { name: "On the line: Customer and Bot" }).waitFor();
    await tabTo("Say");
    await tab.keyboard.press("Shift+Tab");
    await tab.keyboard.type("Hello");
    await tab.keyboard.press("Enter");
    await tab.getByRole("log").getByText("Hello").waitFor();
    await tab.keyboard.press("Escape");
    await button(tab, "Hang up").focus();
    await tab.keyboard.press("Enter");
    await tab.getByText("The customer hung up.").waitFor();
    await close();
  });
});
