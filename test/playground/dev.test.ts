// The page as `baton dev` serves it: where its address is printed, and what its flags do.
import { describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { ROOT, baton, start } from "../cli/baton.ts";

const ACTIONS = join(ROOT, "fixtures/actions");

/** What a session writes until its page's address is there. */
async function untilPage(args: readonly string[]) {
  const child = start({ args: ["dev", ACTIONS, ...args] });
  const written = { stdout: "", stderr: "" };
  const { promise, resolve } = Promise.withResolvers<string>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].on("data", (chunk: Buffer) => {
      written[name] += chunk.toString();
      const [, url] = /^Page: (\S+)$/m.exec(written[name]) ?? [];
      if (url !== undefined) resolve(url);
    });
  }
  const url = await promise;
  return {
    url,
    written,
    async end() {
      const ended = once(child, "close");
      child.kill("SIGINT");
      return (await ended)[0] as number | null;
    },
  };
}

describe("baton dev", () => {
  test("prints the address of its page, which answers until the session ends", async () => {
    const { url, written, end } = await untilPage([]);
    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('<script type="module" src="/assets/main.js">');
    expect((await fetch(new URL("/", url))).status).toBe(403);
    expect(written.stdout).toContain(`Page: ${url}\n`);
    expect(await end()).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });

  test("with --json keeps the address out of standard output", async () => {
    const { url, written, end } = await untilPage(["--json"]);
    expect(await end()).toBe(0);
    for (const line of written.stdout.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("event");
    expect(written.stderr).toContain(url);
  });

  test("on a port that is taken ends with one sentence, and no process is left", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    const { status, stderr } = await baton({ args: ["dev", ACTIONS, "--port", String(port)] });
    taken.close();
    expect(status).toBe(2);
    expect(stderr).toContain(`The page cannot be served on port ${port}: it is in use.`);
  });

  test.each([
    [["--no-page", "--open"], "--no-page leaves out the page"],
    [["--port", "70000"], "--port needs a number from 0 to 65535"],
    [["--port", "x"], "--port needs a number from 0 to 65535"],
  ])("refuses %j in one sentence", async (args, sentence) => {
    const { status, stderr } = await baton({ args: ["dev", ACTIONS, ...args] });
    expect(status).toBe(2);
    expect(stderr).toContain(sentence);
  });
});
