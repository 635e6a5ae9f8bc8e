/** Contexts and scenario files: read, checked, written and run. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { checkContext } from "../../../author/context-mistakes.ts";
import { readTextFile } from "../../../author/files.ts";
import { jsonSchemaOf } from "../../../author/json-schemas.ts";
import { runAll } from "../../../author/scenarios/run-all.ts";
import { writeFileWhole } from "../../../author/write.ts";
import { fileResultOf } from "../file-result.ts";
import { contextFile, fileIn, projectView, seenFrom } from "../parts.ts";
import { badRequest, get, post, type Route } from "../route.ts";

const path = z.string().min(1).max(1_000);
const text = z.string().max(1_500_000);

export const fileRoutes: readonly Route[] = [
  get("/api/project", (parts) => projectView(parts)),
  get("/api/schema/context", () => jsonSchemaOf("context")),
  get("/api/context", async (parts, query) => {
    const asked = query.get("path") ?? "";
    return { path: asked, text: await readTextFile(contextFile(parts, asked), "The context") };
  }),
  post("/api/context/check", z.strictObject({ text }), (_, body) => ({ mistakes: checkContext(body.text) })),
  post("/api/context", z.strictObject({ path, text, create: z.boolean() }), async (parts, body) => {
    const file = contextFile(parts, body.path);
    if (existsSync(file) === body.create)
      throw badRequest(body.create ? `${body.path} is there already.` : `There is no ${body.path} any more.`);
    const mistakes = checkContext(body.text);
    // A file with mistakes would be in every next run: it is kept in the editor until it is one that actions can be given.
    if (mistakes.length > 0) return { saved: false, mistakes };
    await mkdir(dirname(file), { recursive: true });
    await writeFileWhole(file, body.text);
    return { saved: true, mistakes };
  }),
  post(
    "/api/scenarios/run",
    z.strictObject({ files: z.array(path).max(500), update: z.boolean(), filter: z.string().max(500).optional() }),
    async (parts, { files, update, filter }) => {
      const known = new Set(parts.session.actions.flatMap((action) => parts.session.scenarioFiles(action)));
      const chosen = files.map((each) => fileIn(parts, each));
      const unknown = chosen.find((file) => !known.has(file));
      if (unknown !== undefined) throw badRequest(`There is no scenario file ${seenFrom(parts.folder, unknown)}.`);
      const options = { update, ci: false, ...(filter !== undefined && { filter }) };
      const results = await runAll(parts.session.runner, chosen, options);
      return results.map((result) => fileResultOf(parts, result));
    },
  ),
];
