/** Every error code of the sources is in the catalogue, and docs/errors.md is made of it. */
import { describe, expect, test } from "@jest/globals";
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CATALOGUE } from "../../base/catalogue.ts";
import { configurationPage } from "../../scripts/configuration-page.ts";
import { errorsPage } from "../../scripts/errors-page.ts";
import { ROOMS } from "../rooms.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const sources = ROOMS.flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: root })).filter(
  (path) => !/catalogue[a-z-]*\.ts$/.test(path),
);
const text = sources.map((path) => readFileSync(root + path, "utf8")).join("\n");
const listed = CATALOGUE.flatMap(({ codes }) => Object.keys(codes));

/** Codes of others, which our sources only read or hand on. */
const FOREIGN =
  /^((ERR|UND_ERR|HPE|UV|EAI)_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|MODULE_NOT_FOUND$|(PREMIUM_RATE|SHARED_COST|PERSONAL_NUMBER)$)/;

describe("the catalogue of codes", () => {
  test("lists no code twice", () => {
    expect(listed).toHaveLength(new Set(listed).size);
  });

  test("has every code that the sources write", () => {
    const written = [...text.matchAll(/"([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)"/g)].map((match) => match[1]!);
    expect(written.length).toBeGreaterThan(50);
    const missing = written.filter((code) => !FOREIGN.test(code) && !listed.includes(code));
    expect([...new Set(missing)]).toEqual([]);
  });

  test("has no code that no source writes", () => {
    expect(listed.filter((code) => !text.includes(`"${code}"`))).toEqual([]);
  });

  test("docs/configuration.md is current", () => {
    expect(readFileSync(`${root}docs/configuration.md`, "utf8")).toBe(configurationPage());
  });

  test("docs/errors.md is current", () => {
    expect(readFileSync(`${root}docs/errors.md`, "utf8")).toBe(errorsPage());
  });
});
