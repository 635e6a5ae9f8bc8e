/** The first steps after installing the package: every command of the author's loop once, each with its status and words. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@jest/globals";

export interface Newcomer {
  /** A folder with the package installed. */
  readonly app: string;
  readonly node: string;
  /** Where TypeScript is, which a newcomer installs beside the package. */
  readonly typescript: string;
}

export async function walkThrough({ app, node, typescript }: Newcomer): Promise<void> {
  const baton = commandOf(node, join(app, "node_modules/.bin/baton"));
  const project = join(app, "my-actions");
  const action = join(project, "actions/order-status.ts");

  await expectCommand(baton(app, ["init", "my-actions"]), 0, ["wrote actions/order-status.ts", "npx baton test"]);
  mkdirSync(join(project, "node_modules"));
  symlinkSync(typescript, join(project, "node_modules/typescript"), "dir");

  await expectCommand(baton(project, ["check"]), 0, ["Nothing found in 1 file."]);
  await expectCommand(baton(project, ["test"]), 0, ["an order on hold, on the phone", "4 passed, 1 snapshot written"]);
  const onHold = readFileSync(join(project, "contexts/phone.json"), "utf8").replace("A-1001", "A-1002");
  await expectCommand(baton(project, ["run", action, "--context", "-"], onHold), 0, [
    "phone transfer",
    "says nothing, now or later",
  ]);
  await expectCommand(baton(project, ["matrix", action]), 0, ["chat, open", "phone, closed", "already handed off"]);
  await saveWhileWatching(baton(project, ["dev", "--json"]), action);
  await expectCommand(baton(project, ["check"]), 1, ["PHONE_NOT_E164", "1 finding in 1 file."]);
  await expectCommand(baton(project, ["doctor"]), 0, ["isolated-vm", "Actions run here."]);
}

/** The same in Python: what `init --python` writes is checked, tested, run and shown over all channels. */
export async function walkThroughPython({ app, node }: Newcomer): Promise<void> {
  const baton = commandOf(node, join(app, "node_modules/.bin/baton"));
  const project = join(app, "my-actions");
  const action = join(project, "actions/order_status.py");
  await expectCommand(baton(app, ["init", "--python", "my-actions"]), 0, [
    "wrote actions/order_status.py",
    "npx baton test",
  ]);
  await expectCommand(baton(project, ["check"]), 0, ["Nothing found in 1 file."]);
  await expectCommand(baton(project, ["test"]), 0, ["passed"]);
  await expectCommand(baton(project, ["run", action, "--context", "contexts/phone.json"]), 0, [
    "returned after",
    "answers now and goes on",
  ]);
  await expectCommand(baton(project, ["matrix", action]), 0, ["chat, open", "phone, closed", "already handed off"]);
  await expectCommand(baton(project, ["schema", action]), 0, ['"type": "object"']);
}

type Running = ReturnType<ReturnType<typeof commandOf>>;

function commandOf(node: string, command: string) {
  const { PATH } = process.env;
  return (cwd: string, args: readonly string[], input = "") => {
    const child = spawn(node, [command, ...args], { cwd, env: { PATH, COLUMNS: "100" }, stdio: "pipe" });
    const said = { out: "", err: "" };
    child.stdout.on("data", (chunk: Buffer) => (said.out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (said.err += chunk.toString()));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const status = new Promise<number | null>((resolve) => {
      child.once("close", resolve);
    });
    return { args, child, said, status };
  };
}

async function expectCommand({ args, said, status }: Running, expected: number, words: readonly string[]) {
  expect({ args, status: await status, stderr: said.err, said: said.out }).toEqual({
    args,
    status: expected,
    stderr: "",
    said: expect.any(String),
  });
  for (const word of words) expect(said.out).toContain(word);
}

/** One save in a session: the bad number is a rejected hand-off, at once. */
async function saveWhileWatching({ child, said, status }: Running, action: string): Promise<void> {
  const heard = (words: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (said.out.includes(words)) resolve();
      };
      child.stdout.on("data", look);
      child.once("close", () => reject(new Error(`baton dev ended: ${said.out}${said.err}`)));
      look();
    });
  await heard(`"scenario":"an order on hold, on the phone"`);
  const text = readFileSync(action, "utf8");
  expect(text).toContain("+15551234567");
  writeFileSync(action, text.replace("+15551234567", "+1 555 123 4567"));
  await heard(`"verdict":"rejected"`);
  child.kill("SIGINT");
  expect(await status).toBe(0);
}
