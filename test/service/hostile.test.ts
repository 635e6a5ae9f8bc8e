// What callers send that no client of ours would, on SQLite; and settings that would give a secret away.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { createService, printable, readConfig } from "../../service/index.ts";
import { openVault } from "../../service/vault.ts";
import { startService, until, type Running } from "./harness.ts";
import { describeHostile } from "./hostile.ts";

describe("on SQLite", () => describeHostile(() => undefined));

test("a node that lacks the key under which another sealed the secrets is not ready, says which, and comes back with that key", async () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-keys-"));
  const key = (id: string, byte: number): string => `${id}:${Buffer.alloc(32, byte).toString("base64")}`;
  const node = (secretsKey: string): Promise<Running> =>
    startService({ data: folder, store: `sqlite:${join(folder, "baton.db")}`, secretsKey });
  try {
    await using old = await node(key("k1", 1));
    await old.call("PUT", "/v1/tenants/acme", { body: {} });
    const secret = { value: "a-secret-value", hosts: ["a.example"] };
    expect((await old.call("PUT", "/v1/tenants/acme/secrets/TOKEN", { body: secret })).status).toBe(204);
    expect((await old.call("GET", "/readyz", { key: null })).status).toBe(200);
    await using fresh = await node(`${key("k2", 2)},${key("k1", 1)}`);
    expect((await fresh.call("PUT", "/v1/tenants/acme/secrets/OTHER", { body: secret })).status).toBe(204);
    const answer = await until(async () => {
      const reply = await old.call("GET", "/v1/tenants/acme/secrets");
      return reply.status === 200 ? null : reply;
    });
    expect([answer.status, answer.body.code]).toEqual([503, "SECRETS_UNREADABLE"]);
    const unready = await old.call("GET", "/readyz", { key: null });
    expect([unready.status, unready.body.checks.secrets]).toEqual([503, expect.stringContaining("k2")]);
    expect(old.log.filter((line) => line.includes('"keyId":"k2"'))).toHaveLength(1);
    expect((await fresh.call("GET", "/readyz", { key: null })).status).toBe(200);
    await old[Symbol.asyncDispose]();
    await expect(node(key("k1", 1))).rejects.toMatchObject({ code: "SECRETS_UNREADABLE" });
    await using again = await node(`${key("k1", 1)},${key("k2", 2)}`);
    expect((await again.call("GET", "/v1/tenants/acme/secrets")).body.secrets).toHaveLength(2);
    expect((await again.call("GET", "/readyz", { key: null })).status).toBe(200);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe("what is printed of the configuration", () => {
  const PASSWORD = "s3cr3t";
  test.each([
    `postgres://u:${PASSWORD}@db/baton`,
    `postgres://u:${PASSWORD}@/baton?host=/var/run/postgresql`,
    `postgres://u:${PASSWORD}#1@db/baton`,
    `postgres://u:a/${PASSWORD}@db/baton`,
    `postgres://u:a@${PASSWORD}@db/baton`,
    `postgresql://db/baton?user=u&password=${PASSWORD}`,
    `postgres://u:${PASSWORD}@one:5432,two:5432/baton`,
    `postgres://db/baton?sslpassword=${PASSWORD}`,
  ])("never holds the password of %s", (store) => {
    const config = readConfig({ flags: { store }, environment: {}, folder: tmpdir() });
    const text = JSON.stringify(printable(config));
    expect(text).not.toContain(PASSWORD);
    expect(text).toMatch(/postgres(?:ql)?:\/\//);
  });

  test("nor does what is said of a file that is not JSON", () => {
    const folder = mkdtempSync(join(tmpdir(), "baton-config-"));
    try {
      for (const text of [
        `{"adminKey":${PASSWORD}}`,
        `{"adminKey":"${PASSWORD}"x}`,
        `{"adminKey":"${PASSWORD}`,
        PASSWORD,
      ]) {
        writeFileSync(join(folder, "baton.service.json"), text);
        const read = (): unknown => readConfig({ flags: {}, environment: {}, folder });
        expect(read).toThrow(/is not JSON/);
        expect(read).not.toThrow(new RegExp(PASSWORD));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("a setting that could not work", () => {
  test.each([
    ["adminKey", { adminKey: "two words" }],
    ["private", { private: ["db:99999"] }],
    ["private", { private: ["db:0"] }],
    ["private", { private: "db" }],
    ["private", { private: "http://db:80" }],
  ])("%s is refused at the start, by its name", async (name, settings) => {
    await expect(createService(settings)).rejects.toMatchObject({
      code: "SERVICE_CONFIG_INVALID",
      message: expect.stringContaining(name),
    });
  });

  test("is two secrets keys of one id", () => {
    const key = (id: string, byte: number): string => `${id}:${Buffer.alloc(32, byte).toString("base64")}`;
    expect(() => openVault(`${key("k1", 1)},${key("k1", 2)}`)).toThrow(
      expect.objectContaining({ code: "SECRETS_KEY_INVALID" }),
    );
    expect(openVault(`${key("k2", 1)},${key("k1", 2)}`).current).toBe("k2");
  });
});
