/** How connections are opened: over TLS that is verified, to the peer that was checked, and never after their time. */
import { createServer as createTlsServer } from "node:https";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { LookupFunction } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { createEgressClient } from "../../../host-api/fetch/index.ts";
import type { EgressPolicy } from "../../../host-api/fetch/index.ts";
import { createRuntime } from "../../../runtime/index.ts";
import { createAuthority } from "./certificates.ts";
import type { Certificate } from "./certificates.ts";
import { allowing, ask, lookupOf, loopback, read, serve } from "./loopback.ts";
import type { Loopback } from "./loopback.ts";

const authority = createAuthority();
const NAME = "orders.acme.example";

function secured(certificate: Certificate): Promise<Loopback> {
  const requests: Loopback["requests"] = [];
  const server = createTlsServer(certificate, ({ method = "", url = "", headers }, response) => {
    requests.push({ method, url, headers, body: "" });
    response.end(`secure ${url}`);
  });
  return serve(server, requests);
}

/** Reaches the server under its name, as a service inside the host's network is reached. */
function policyFor(server: Loopback, more: Partial<EgressPolicy> = {}): EgressPolicy {
  const lookup = lookupOf({ [NAME]: ["127.0.0.1"] });
  return { hosts: [NAME], private: [server.place], lookup, ca: authority.ca, ...more };
}

describe("https", () => {
  test("reaches a server whose certificate an extra authority of the policy signed, by name and by address", async () => {
    await using server = await secured(authority.issue([NAME, "127.0.0.1"]));
    for (const url of [`https://${NAME}:${server.port}/a`, `https://127.0.0.1:${server.port}/a`])
      expect(await ask(policyFor(server), url)).toMatchObject({ status: 200, url, text: "secure /a" });
  });

  test("refuses a certificate of an unknown authority, of another name, of another address, and one that has expired", async () => {
    const others = createAuthority();
    for (const [certificate, host] of [
      [others.issue([NAME]), NAME],
      [authority.issue(["other.acme.example"]), NAME],
      [authority.issue([NAME]), "127.0.0.1"],
      [authority.issue([NAME], { expired: true }), NAME],
    ] as const) {
      await using server = await secured(certificate);
      expect(await ask(policyFor(server), `https://${host}:${server.port}/`)).toBe("EGRESS_TLS");
      expect(server.requests).toEqual([]);
    }
  });

  test("trusts no extra authority that the policy does not name, whatever the environment says", async () => {
    await using server = await secured(authority.issue([NAME]));
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const answer = await ask(policyFor(server, { ca: undefined }), `https://${NAME}:${server.port}/`);
      expect(answer).toBe("EGRESS_TLS");
    } finally {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    }
  });

  test("still trusts what Node trusts where the policy names an extra authority", async () => {
    await using server = await secured(authority.issue([NAME]));
    const folder = mkdtempSync(join(tmpdir(), "baton-ca-"));
    const file = join(folder, "ca.pem");
    writeFileSync(file, authority.ca);
    const program = `
      import { createEgressClient } from ${JSON.stringify(new URL("../../../host-api/fetch/index.ts", import.meta.url).href)};
      const lookup = (name, options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]);
      const client = createEgressClient({ hosts: [${JSON.stringify(NAME)}], private: ["${server.place}"], lookup, ca: process.argv[1] });
      const response = await client.request({ url: "https://${NAME}:${server.port}/" });
      for await (const chunk of response.body) process.stdout.write(chunk);
      await client.close();`;
    const args = ["--no-warnings", "--input-type=module", "-e", program, "--", createAuthority().ca];
    try {
      const env = { NODE_EXTRA_CA_CERTS: file };
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      expect(stdout).toBe("secure /");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("serves an action, which is told the code where the certificate does not fit", async () => {
    await using server = await secured(authority.issue([NAME]));
    await using wrong = await secured(createAuthority().issue([NAME]));
    const both = policyFor(server, { private: [server.place, wrong.place] });
    const silent = { error() {}, warn() {}, info() {}, debug() {} };
    await using runtime = await createRuntime({ egress: both, logger: silent as never });
    const source = `export async function execute_action({ args }) {
      try { return await (await fetch(args.url)).text(); } catch (error) { return [error.name, error.code]; }
    }`;
    const run = async (port: number) =>
      (await runtime.execute({ action: { source }, context: { args: { url: `https://${NAME}:${port}/x` } } }))
        .returnValue;
    expect(await run(server.port)).toBe("secure /x");
    expect(await run(wrong.port)).toEqual(["TypeError", "EGRESS_TLS"]);
  });

  test("a policy takes certificates alone as authorities", () => {
    for (const ca of ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
      expect(() => createEgressClient({ hosts: ["*"], ca })).toThrow(/ca/);
  });
});

describe("the peer that answers", () => {
  // Connecting to 0.0.0.0 ends at 127.0.0.1, as a rule in the network that sends connections elsewhere would have it.
  test("must be the address that was checked, or not a byte is sent", async () => {
    await using server = await loopback((_request, response) => response.end("inside"));
    const policy = { hosts: ["*"], http: true, private: [`0.0.0.0:${server.port}`] };
    const lookup = lookupOf({ "lying.example": ["0.0.0.0"] });
    expect(await ask(policy, `http://0.0.0.0:${server.port}/`)).toBe("EGRESS_PEER");
    expect(await ask({ ...policy, lookup }, `http://lying.example:${server.port}/`)).toBe("EGRESS_PEER");
    expect(server.requests).toEqual([]);
  });

  test("is checked for each connection anew, when a name is answered well at first", async () => {
    await using server = await loopback((_request, response) => response.setHeader("connection", "close").end("ok"));
    await using inside = await loopback((_request, response) => response.end("inside"));
    const answers = [["127.0.0.1"], ["127.0.0.2"], ["0.0.0.0"]];
    const lookup: LookupFunction = (name, options, done) =>
      lookupOf({ [name]: answers.shift() ?? [] })(name, options, done);
    const client = createEgressClient(allowing(server, { lookup, private: [server.place, `0.0.0.0:${server.port}`] }));
    const url = `http://orders.acme.example:${server.port}/`;
    expect((await read(client, { url })).text).toBe("ok");
    await expect(read(client, { url })).rejects.toMatchObject({ code: "EGRESS_DNS_ADDRESS" });
    await expect(read(client, { url })).rejects.toMatchObject({ code: "EGRESS_PEER" });
    await client.close();
    expect(server.requests).toHaveLength(1);
    expect(inside.connections()).toBe(0);
  });
});

describe("a resolver", () => {
  const NOWHERE = "http://slow.example/";
  type Answer = Parameters<LookupFunction>[2];

  /** Never answers by itself; what it was asked can be answered later. */
  function silentLookup(): { lookup: LookupFunction; answers: Answer[] } {
    const answers: Answer[] = [];
    return { answers, lookup: (_name, _options, done) => void answers.push(done) };
  }

  test("that never answers ends the request at the time limit for connections, or at the request's own", async () => {
    const { lookup } = silentLookup();
    const policy: EgressPolicy = { hosts: ["*"], http: true, lookup };
    expect(await ask(policy, NOWHERE, { limits: { connectMs: 40 } })).toBe("EGRESS_DNS");
    expect(await ask(policy, NOWHERE, { limits: { timeoutMs: 40 } })).toBe("EGRESS_TIMEOUT");
    const signal = AbortSignal.timeout(40);
    expect(await ask(policy, { url: NOWHERE, signal })).toBe("EGRESS_ABORTED");
  });

  test("that answers too late opens no connection, and leaves nothing that keeps a process", async () => {
    await using server = await loopback((_request, response) => response.end("inside"));
    for (const limits of [{ connectMs: 40 }, { timeoutMs: 40 }]) {
      const { lookup, answers } = silentLookup();
      const policy = allowing(server, { lookup });
      await ask(policy, `http://late.example:${server.port}/`, { limits });
      expect(answers).toHaveLength(1);
      answers[0]!(null, [{ address: "127.0.0.1", family: 4 }]);
      await new Promise((later) => setTimeout(later, 20));
    }
    expect(server.connections()).toBe(0);
  });

  test("that throws, or answers with anything else than addresses, is an error of its own", async () => {
    const answering =
      (...parts: unknown[]): LookupFunction =>
      (_name, _options, done) =>
        void setImmediate(() => (done as (...parts: unknown[]) => void)(...parts));
    const throwing: LookupFunction = () => {
      throw new RangeError("broken");
    };
    for (const lookup of [
      throwing,
      answering(null),
      answering(null, null),
      answering(null, [null]),
      answering(null, [{}]),
      answering(null, 5),
      answering(null, "0x7f.1", 4),
      answering(null, [{ address: "8.8.8.8" }, { address: "localhost" }]),
      answering(new Error("SERVFAIL")),
      answering({}),
    ])
      expect(await ask({ hosts: ["*"], http: true, lookup }, NOWHERE)).toBe("EGRESS_DNS");
  });
});
