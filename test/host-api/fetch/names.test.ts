/** Names are looked up for each tenant apart. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { createEgressClient } from "../../../host-api/fetch/index.ts";
import { createNameFiles, parseHosts, parseResolv } from "../../../host-api/fetch/hosts-file.ts";
import { createNameResolver } from "../../../host-api/fetch/resolver.ts";
import { createTenantNetwork } from "../../../host-api/fetch/tenant-network.ts";
import { dnsServer } from "./dns-server.ts";
import { loopback } from "./loopback.ts";

async function filesWith(hosts: string, resolv: string) {
  const folder = await mkdtemp(join(tmpdir(), "names-"));
  const paths = { hosts: join(folder, "hosts"), resolv: join(folder, "resolv.conf") };
  await writeFile(paths.hosts, hosts);
  await writeFile(paths.resolv, resolv);
  return { files: createNameFiles(paths), [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

const forever = new AbortController().signal;
const codeOf = (error: { code: string }) => error.code;

describe("names", () => {
  test("that a silent server holds up are those of their tenant alone, and end with their requests", async () => {
    const silent = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`dead${at}.example.com`, "silent" as const])); // prettier-ignore
    await using dns = await dnsServer({ ...silent, "live.example.com": { a: ["127.0.0.1"] } });
    await using names = await filesWith("", "");
    await using server = await loopback((_request, response) => response.end("ok"));
    const live = `live.example.com:${server.port}`;
    const clientOf = () =>
      createEgressClient(
        { hosts: ["*.example.com"], http: true, private: [live] },
        { tenantNetwork: createTenantNetwork({ files: names.files, servers: dns.servers }) },
      );
    const [one, other] = [clientOf(), clientOf()];
    const ending = new AbortController();
    const dead = Object.keys(silent).map((name) =>
      one.request({ url: `http://${name}/`, signal: ending.signal }).catch(codeOf),
    );
    while (dns.asked.length < 8) await new Promise((done) => setTimeout(done, 5));
    expect((await other.request({ url: `http://${live}/` })).status).toBe(200);
    expect(new Set(dns.asked.filter((name) => name !== "live.example.com")).size).toBe(8);
    ending.abort();
    expect(new Set(await Promise.all(dead))).toEqual(new Set(["EGRESS_ABORTED"]));
    await Promise.all([one.close(), other.close()]);
  });

  test("are kept as long as DNS says and no longer, and checked each time that they are used", async () => {
    const records: Record<string, { a: string[]; ttl: number }> = {
      "kept.example.com": { a: ["192.0.2.1"], ttl: 30 },
      "short.example.com": { a: ["192.0.2.1"], ttl: 0 },
    };
    await using dns = await dnsServer(records);
    await using names = await filesWith("", "");
    const { resolve } = createNameResolver({ files: names.files, servers: dns.servers });
    expect(await resolve("kept.example.com", forever)).toEqual(["192.0.2.1"]);
    expect(await resolve("short.example.com", forever)).toEqual(["192.0.2.1"]);
    for (const record of Object.values(records)) record.a = ["127.0.0.1"];
    expect(await resolve("kept.example.com", forever)).toEqual(["192.0.2.1"]);
    expect(await resolve("short.example.com", forever)).toEqual(["127.0.0.1"]);
    expect(dns.asked).toEqual(["kept.example.com", "short.example.com", "short.example.com"]);
    const tenantNetwork = createTenantNetwork({ files: names.files, servers: dns.servers });
    const client = createEgressClient({ hosts: ["*.example.com"], http: true }, { tenantNetwork });
    for (const name of ["short", "kept", "kept"])
      await expect(client.request({ url: `http://${name}.example.com/` })).rejects.toMatchObject({
        code: "EGRESS_DNS_ADDRESS",
      });
    await client.close();
  });

  test("are those of the hosts file and localhost first, then of DNS with the domains of resolv.conf", async () => {
    await using dns = await dnsServer({
      "desk.corp.example": { a: ["192.0.2.7"] },
      "api.example.com": { a: ["192.0.2.8"] },
    });
    const hosts = "192.0.2.9 box box.lan # mine\nfe80::1%lo0 x\n::1 box\n";
    await using names = await filesWith(hosts, "search ns.example corp.example.\noptions ndots:2 timeout:1\n");
    const { resolve } = createNameResolver({ files: names.files, servers: dns.servers });
    expect(await resolve("box", forever)).toEqual(["192.0.2.9", "::1"]);
    expect(await resolve("localhost", forever)).toEqual(["127.0.0.1", "::1"]);
    expect(await resolve("app.localhost", forever)).toEqual(["127.0.0.1", "::1"]);
    expect(await resolve("desk", forever)).toEqual(["192.0.2.7"]);
    expect(await resolve("api.example.com", forever)).toEqual(["192.0.2.8"]);
    expect(dns.asked).toEqual(["desk.ns.example", "desk.corp.example", "api.example.com"]);
    await expect(resolve("none.example", forever)).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  test("are read from the files as libc reads them", () => {
    const hosts = "127.0.0.1\tLocalHost  a.b\r\nbad name\n#1.1.1.1 c\n::1 localhost";
    expect([...parseHosts(hosts)]).toEqual([
      ["localhost", ["127.0.0.1", "::1"]],
      ["a.b", ["127.0.0.1"]],
    ]);
    expect(parseResolv("search a b\ndomain c\noptions ndots:99")).toEqual({ search: ["c"], ndots: 15 });
    expect(parseResolv("")).toEqual({ search: [], ndots: 1 });
  });
});

test("connections of a tenant wait for a place once there are too many, no longer than their time", async () => {
  await using server = await loopback(() => {});
  const options = { tenantNetwork: createTenantNetwork({ connections: 2 }), limits: { connectMs: 300 } };
  const client = createEgressClient({ hosts: [], http: true, private: [server.place] }, options);
  const ending = new AbortController();
  const codes = Array.from({ length: 3 }, () =>
    client.request({ url: server.url, signal: ending.signal }).catch(codeOf),
  );
  expect(await Promise.race(codes)).toBe("EGRESS_TIMEOUT");
  expect(server.connections()).toBe(2);
  ending.abort();
  await Promise.all(codes);
  await client.close();
});
