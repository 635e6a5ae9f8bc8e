/** Routes of coverage: what the scenarios cover of the author's files, line by line. */
import { z } from "zod";
import { readTextFile } from "../../../author/files.ts";
import { isBelow } from "../../../author/session/project.ts";
import { type FileResult, runAll } from "../../../author/scenarios/run-all.ts";
import { seenFrom, type Parts } from "../parts.ts";
import { fileResultOf } from "../file-result.ts";
import { badRequest, post, type Route } from "../route.ts";

export const coverageRoutes: readonly Route[] = [
  post("/api/coverage", z.strictObject({}), async (parts) => {
    if (parts.measure === undefined) throw badRequest("Nothing is measured in this session.");
    const files = [
      ...new Set(parts.session.actions.flatMap((action) => parts.session.scenarioFiles(action))),
    ].toSorted();
    let results: FileResult[] = [];
    const measured = await parts.measure(async (runner) => {
      results = await runAll(runner, files, { update: false, ci: true });
    });
    // Only what lies in the project is shown: an action may import what does not.
    const own = measured.filter(({ file }) => isBelow(parts.root, file));
    return {
      results: results.map((result) => fileResultOf(parts, result)),
      files: await Promise.all(
        own.map(async ({ file, lines, branches, summary }) => {
          const source = await readTextFile(file, "The file").catch(() => null);
          return { file: seenFrom(parts.folder, file), lines, branches, summary, source };
        }),
      ),
      unmeasured: unmeasured(parts, results, new Set(measured.map(({ file }) => file))),
    };
  }),
];

/** Actions that ran and of which nothing was measured: in another language, or never begun. */
function unmeasured({ folder }: Parts, results: readonly FileResult[], measured: ReadonlySet<string>): string[] {
  const ran = results.flatMap((result) =>
    result.type === "ran" ? result.verdicts.map(({ scenario }) => scenario.action) : [],
  );
  return [...new Set(ran)].filter((action) => !measured.has(action)).map((action) => seenFrom(folder, action));
}
