/** Another commit of this repository, built in a folder of its own, to be called in turn with the tree that stands here. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const HERE = fileURLToPath(new URL("../../", import.meta.url));

export interface Checkout {
  readonly folder: string;
  readonly commit: string;
  close(): void;
}

/** `commit` is whatever git takes for one. Throws with git's or the build's own words where it cannot be had. */
export function checkOut(commit: string, log: (line: string) => void): Checkout {
  const hash = git("rev-parse", "--short", "--verify", `${commit}^{commit}`).trim();
  const folder = mkdtempSync(join(tmpdir(), `baton-against-${hash}-`));
  const close = (): void => {
    git("worktree", "remove", "--force", folder);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    git("worktree", "add", "--detach", folder, hash);
    log(`building ${hash}`);
    installIn(folder);
    execFileSync(process.execPath, ["scripts/build.ts"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    return { folder, commit: hash, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The same packages where the lock file is the same; else those of the commit's own lock file. */
function installIn(folder: string): void {
  const lock = (root: string): string => readFileSync(join(root, "package-lock.json"), "utf8");
  if (lock(folder) === lock(HERE)) symlinkSync(join(HERE, "node_modules"), join(folder, "node_modules"));
  else execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdio: "ignore" });
  // The image of Python takes a minute to bake, and is baked anew by the build where its inputs differ.
  const image = "packages/python/data";
  if (existsSync(join(HERE, image)) && existsSync(join(folder, "packages/python")))
    cpSync(join(HERE, image), join(folder, image), { recursive: true });
}

function git(...args: string[]): string {
  return execFileSync("git", args, { cwd: HERE, encoding: "utf8" });
}
