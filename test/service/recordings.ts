/** Recordings of executions: who has which made, what is in the file, that it replays, and that it goes with its execution. On any store. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createRuntime, type Recording, type Runtime } from "../../runtime/index.ts";
import { chat, startService, type Reply, type Running } from "./harness.ts";

const SECRET = "the value of a secret that nothing may hold";
const HELPER = `export const label = (id: string): string => "order " + id;`;
const MAIN = `import { label } from "./lib/label.ts";
export async function execute_action(context: any) {
  const told = hand_off_conversation(context, label(context.args.orderId));
  console.log("id", crypto.randomUUID());
  if (context.args.fails) throw new Error("no");
  return { told, at: Date.now(), r: Math.random(), said: context.conversation.messages?.[0]?.content ?? null };
}`;

export function describeRecordings(store: () => string | undefined): void {
  let baton: Running;
  let elsewhere: Runtime;

  beforeAll(async () => {
    baton = await startService(store() === undefined ? {} : { store: store()! });
    elsewhere = await createRuntime();
    for (const [tenant, recordings] of Object.entries(TENANTS)) {
      const body = recordings === null ? {} : { recordings };
      expect((await baton.call("PUT", `/v1/tenants/${tenant}`, { body })).status).toBe(201);
      await baton.call("PUT", `/v1/tenants/${tenant}/secrets/TOKEN`, { body: { value: SECRET, hosts: ["a.example"] } });
      const version = { files: { "main.ts": MAIN, "lib/label.ts": HELPER }, entry: "main.ts" };
      await baton.call("POST", `/v1/tenants/${tenant}/actions/refund/versions`, { body: version });
      await baton.call("PUT", `/v1/tenants/${tenant}/actions/refund/live`, { body: { version: 1 } });
    }
  });
  afterAll(async () => {
    await baton?.[Symbol.asyncDispose]();
    await elsewhere?.close();
  });

  const said = (id: string, args: object = {}): object => ({
    context: {
      conversation: { id, latestChannel: "chat", messages: [{ sender: "customer", content: `my token is ${SECRET}` }] },
      args: { orderId: "A-1", ...args },
    },
  });
  const ran = async (tenant: string, key: string | null, body: object): Promise<string> =>
    (await baton.execute(tenant, "refund", body, key === null ? {} : { "idempotency-key": key })).body.executionId;
  const recordingOf = (tenant: string, id: string, query = ""): Promise<Reply> =>
    baton.call("GET", `/v1/tenants/${tenant}/executions/${encodeURIComponent(id)}/recording${query}`);

  describe("what is recorded", () => {
    test.each([
      ["nothing to say", "quiet", {}, {}, 404],
      ["nothing to say, and a request that asks", "quiet", {}, { record: true }, 200],
      ["none, and a request that asks", "never", {}, { record: true }, 404],
      ["failures, of a run that returned", "failures", {}, {}, 404],
      ["failures, of one that threw", "failures", { fails: true }, {}, 200],
      ["all", "all", {}, {}, 200],
      ["all, and a request that would rather not", "all", {}, { record: false }, 404],
    ])("of a tenant that has %s", async (_, tenant, args, more, status) => {
      const id = await ran(tenant, null, { ...said(`w-${Math.random()}`, args), ...more });
      const reply = await recordingOf(tenant, id);
      expect(reply.status).toBe(status);
      if (status === 404) expect(reply.body.code).toBe("NOT_RECORDED");
    });

    test("is said by a setting that knows no other word", async () => {
      for (const recordings of [{ runs: "some" }, { runs: "all", redact: ["no path at all"] }, { run: "all" }]) {
        const reply = await baton.call("PUT", "/v1/tenants/wrong", { body: { recordings } });
        expect([reply.status, reply.body.code]).toEqual([400, "REQUEST_INVALID"]);
      }
    });
  });

  describe("the file", () => {
    test.each([
      ["with a key", "order 7/é"],
      ["without one", null],
      ["that was accepted", "accepted"],
    ])("of a run %s replays exactly elsewhere, by itself", async (_, key) => {
      const body = said(`f-${key}`);
      const headers = { ...(key === null ? {} : { "idempotency-key": key.replaceAll("é", "e") }) };
      const prefer = key === "accepted" ? { prefer: "respond-async" } : {};
      const reply = await baton.execute("all", "refund", body, { ...headers, ...prefer });
      const id = reply.body.executionId as string;
      let found = await recordingOf("all", id);
      while (found.status === 404) found = await recordingOf("all", id);
      const recording = found.body as Recording;
      expect(recording).toMatchObject({ recording: 1, tenant: "all", executionId: id, outcome: { executionId: id } });
      const outcome = (await baton.call("GET", `/v1/tenants/all/executions/${encodeURIComponent(id)}`)).body.outcome;
      // The value of the secret stood in what a customer said.
      expect(recording.redacted).toEqual(["secrets"]);
      expect({ ...recording.outcome, returnValue: null }).toEqual({ ...outcome, returnValue: null });
      expect(found.headers.get("content-disposition")).toMatch(/^attachment; filename="[\w.-]+\.recording\.json"$/);
      expect(await elsewhere.replay(found.text)).toMatchObject({ mode: "decisions", equal: true });
    });

    test("of a run that held no secret is the same run, clock, randomness and all", async () => {
      const id = await ran("all", "exact", chat("f-exact", { orderId: "B" }));
      const { text, body } = await recordingOf("all", id);
      expect(body.redacted).toBeNull();
      expect(await elsewhere.replay(text)).toMatchObject({ mode: "exact", equal: true, divergence: null });
    });

    test("has no secret and no path of this machine in it", async () => {
      const id = await ran("all", "secret", said("f-secret"));
      const { text } = await recordingOf("all", id);
      expect(text).not.toContain(SECRET);
      expect(text).not.toMatch(/baton-versions|\/tmp\//);
      expect(text).toContain("lib/label.ts");
    });

    test("has the code only where it is wanted, and then cannot be replayed without being given it", async () => {
      const id = await ran("all", "bare", chat("f-bare", { orderId: "C" }));
      const { body, text } = await recordingOf("all", id, "?source=false");
      expect(body.action).toEqual({ hash: expect.any(String), language: "javascript", filename: "main.ts" });
      await expect(elsewhere.replay(text)).rejects.toMatchObject({ code: "RECORDING_INCOMPLETE" });
    });

    test("lacks what the tenant's paths and those of the request name", async () => {
      const id = await ran("redacting", "r1", chat("f-red", { orderId: "D-4711", other: "stays here" }));
      const kept = await recordingOf("redacting", id);
      expect(kept.body.redacted).toEqual(["args.orderId"]);
      expect(kept.text).not.toContain("D-4711");
      expect(kept.text).toContain("stays here");
      const asked = await recordingOf("redacting", id, "?redact=args.other&redact=conversation.id");
      expect(asked.body.redacted).toEqual(["args.orderId", "args.other", "conversation.id"]);
      expect(asked.text).not.toMatch(/stays here|f-red/);
      expect((await recordingOf("redacting", id, "?redact=not+a+path")).status).toBe(400);
    });
  });

  describe("it goes with its execution", () => {
    test("when the conversation is erased", async () => {
      const id = await ran("all", "erased", said("erased"));
      const other = await ran("all", "stays", said("stays"));
      expect((await recordingOf("all", id)).status).toBe(200);
      expect((await baton.call("DELETE", "/v1/tenants/all/conversations/erased")).status).toBe(204);
      expect((await recordingOf("all", id)).body.code).toBe("NOT_RECORDED");
      expect((await recordingOf("all", other)).status).toBe(200);
    });

    test("when the tenant is deleted, and one of its name that comes later has nothing of it", async () => {
      const id = await ran("leaves", "gone", said("g1"));
      expect((await recordingOf("leaves", id)).status).toBe(200);
      expect((await baton.call("DELETE", "/v1/tenants/leaves")).status).toBe(204);
      expect((await recordingOf("leaves", id)).status).toBe(404);
      await baton.call("PUT", "/v1/tenants/leaves", { body: {} });
      expect((await recordingOf("leaves", id)).body.code).toBe("NOT_FOUND");
    });
  });

  test("it is read with the scope read alone, by its own tenant's key", async () => {
    const id = await ran("all", "scoped", said("scoped"));
    const path = `/v1/tenants/all/executions/${id}/recording`;
    const status = async (scopes: readonly string[], tenant: string): Promise<number> =>
      (await baton.call("GET", path, { key: await baton.key(scopes, tenant) })).status;
    expect(await status(["read"], "all")).toBe(200);
    expect(await status(["execute"], "all")).toBe(403);
    expect(await status(["read"], "quiet")).toBe(404);
    expect((await recordingOf("all", "never-was")).body).toMatchObject({ status: 404, code: "NOT_FOUND" });
  });
}

const TENANTS: Readonly<Record<string, object | null>> = {
  quiet: null,
  never: { runs: "none" },
  failures: { runs: "failures" },
  all: { runs: "all" },
  leaves: { runs: "all" },
  redacting: { runs: "all", redact: ["args.orderId"] },
};
