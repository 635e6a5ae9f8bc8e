/** The rules of `baton check` for JavaScript and TypeScript, over an action and the modules that it imports of its own. */
import type { CheckRequest } from "../../../author-tools.ts";
import type { Diagnostic } from "../../../diagnostic.ts";
import { reportInto } from "./report.ts";
import { codeAfterTransfer } from "./rules/after-transfer.ts";
import { awaitMissing } from "./rules/await.ts";
import { contextNotPassed } from "./rules/context.ts";
import { entryMissing } from "./rules/entry.ts";
import { importComputed, importUnresolved } from "./rules/imports.ts";
import { awaitedInTurn } from "./rules/in-turn.ts";
import { keywordArgument } from "./rules/keyword.ts";
import { workLeftOpen } from "./rules/left-open.ts";
import { wrongNames } from "./rules/names.ts";
import { phoneNotE164 } from "./rules/phone.ts";
import { reasonTooLong } from "./rules/reason.ts";
import { asyncNames, readSources } from "./sources.ts";

export function checkJavaScript({ file, isAction = true, config }: CheckRequest): Diagnostic[] {
  const found: Diagnostic[] = [];
  const sources = readSources(file);
  for (const [at, source] of sources) {
    if (source === null) continue;
    const report = reportInto(found, source);
    const promising = asyncNames(source, sources);
    phoneNotE164(source, report);
    reasonTooLong(source, report);
    contextNotPassed(source, report);
    codeAfterTransfer(source, report);
    awaitMissing(source, promising, report);
    awaitedInTurn(source, report);
    keywordArgument(source, report);
    workLeftOpen(source, promising, report);
    importUnresolved(source, config?.packages ?? [], report);
    importComputed(source, report);
    wrongNames(source, { secrets: config?.secrets ?? [], hasConfig: config !== undefined }, report);
    if (at === file && isAction) entryMissing(source, report);
  }
  return found;
}
