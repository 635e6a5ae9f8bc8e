// What callers send that no client of ours would, on SQLite; and settings that would give a secret away.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { createService, printable, readConfig } from "../../service/index.ts";
import { openVault } from "../../service/vault.ts";
import { describeHostile } from "./hostile.ts";

describe("on SQLite", () => describeHostile(() => undefined));

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
