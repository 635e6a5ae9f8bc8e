/** `baton completion` in the shells themselves: what each offers for a line that has been begun. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { COMMANDS } from "../../cli/commands.ts";
import { ROOT, batonAll, tempFolder } from "./baton.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const names = COMMANDS.map(({ name }) => name);
const top = [...names, "help", "--help", "--version"];

/** What is typed, and what is offered for its last word. */
const LINES: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ["baton ma", ["matrix"]],
  ["baton help ou", ["outbox"]],
  ["baton test --u", ["--update"]],
  ["baton run --env", ["--env-file", "--environment"]],
  ["baton run --environment ", ["mock", "production", "test"]],
  ["baton outbox list --status de", ["dead", "delivered"]],
  ["baton completion z", ["zsh"]],
  ["baton run --context cont", ["context.json"]],
  ["baton run acti", ["action.ts"]],
  ["baton run --timeout cont", []],
];

const folder = tempFolder({ "context.json": "{}", "action.ts": "" });
const scripts = tempFolder();
const scratch = tempFolder();
const scriptOf = (shell: Shell): string => join(scripts.path, shell === "zsh" ? "_baton" : `baton.${shell}`);

beforeAll(async () => {
  // Where a folder has the name of a command, the command is still a word.
  mkdirSync(join(folder.path, "matrix"));
  const printed = await batonAll(
    Object.fromEntries(SHELLS.map((shell) => [shell, { args: ["completion", shell] }])) as Record<
      Shell,
      { args: string[] }
    >,
  );
  for (const shell of SHELLS) writeFileSync(scriptOf(shell), printed[shell].stdout);
  writeFileSync(join(scripts.path, "baton.zsh"), printed.zsh.stdout);
});
afterAll(() => {
  for (const each of [folder, scripts, scratch]) each[Symbol.dispose]();
});

function ask(command: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, {
    cwd: folder.path,
    encoding: "utf8",
    timeout: 110_000,
    env: { PATH: process.env["PATH"], HOME: scratch.path, TERM: "dumb", LANG: "C.UTF-8" },
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout;
}

/** What the shell offers for each of the lines, in order. */
type Offers = (lines: readonly string[]) => string[][];

const bash: Offers = (lines) =>
  lines.map((line) => {
    const words = line.split(" ");
    const typed = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}`;
    const told = ask("bash", [
      "-c",
      `source '${scriptOf("bash")}'; ${typed}; _baton; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ]);
    return told.split("\n").filter((word) => word !== "");
  });

const zshFrom =
  (script: string): Offers =>
  (lines) => {
    const args = ["-f", join(ROOT, "test/cli/complete.zsh"), script, scratch.path, folder.path, ...lines];
    const told = ask("zsh", args).split("\n").slice(0, -1);
    return told.map((line) => line.split(" ").filter((word) => word !== ""));
  };

const fish: Offers = (lines) =>
  lines.map((line) => {
    const told = ask("fish", ["--no-config", "-c", `source ${scriptOf("fish")}; complete -C '${line}'`]);
    const words = told.split("\n").map((word) => word.split("\t")[0]!);
    return words.filter((word) => word !== "");
  });

const WAYS: readonly (readonly [way: string, shell: Shell, offers: Offers])[] = [
  ["bash", "bash", bash],
  ["zsh, loaded from fpath", "zsh", (lines) => zshFrom(scriptOf("zsh"))(lines)],
  ["zsh, sourced", "zsh", (lines) => zshFrom(join(scripts.path, "baton.zsh"))(lines)],
  ["fish", "fish", fish],
];

for (const [way, shell, offers] of WAYS) {
  const isThere = spawnSync(shell, ["--version"]).status === 0;
  const when = isThere ? test : test.skip;
  when(
    `${way} completes commands, flags, the words of a value, and files${isThere ? "" : ": not tried, it is not installed"}`,
    () => {
      const asked = LINES.map(([line]) => line);
      const told = offers([...asked, "baton "]);
      expect(told.slice(0, -1).map((words, index) => [asked[index], words.toSorted()])).toEqual(LINES);
      // Some shells offer a flag only where its first dash is typed.
      const first = told.at(-1)!.toSorted();
      expect(top.toSorted()).toEqual(expect.arrayContaining(first));
      expect(first).toEqual(expect.arrayContaining(names));
    },
    120_000,
  );
}
