/** The path of an action as the project's folder sees it. */
import { project } from "../store.ts";

export function shownAction(path: string): string {
  const { root = "" } = project.value ?? {};
  const plain = path.replaceAll("\\", "/");
  const folder = `${root.replaceAll("\\", "/")}/`;
  return plain.startsWith(folder) ? plain.slice(folder.length) : plain;
}
