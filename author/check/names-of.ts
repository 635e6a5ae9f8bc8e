/** The names rule alone, for a session that shows what is nearly right in an action as soon as it is saved. */
import { checkByLanguage } from "./by-language.ts";
import type { Finding } from "./finding.ts";

export async function nameFindings(file: string): Promise<Finding[]> {
  const found = await checkByLanguage(file, true);
  return found.filter((finding) => finding.code === "UNKNOWN_NAME" && finding.file === file);
}
