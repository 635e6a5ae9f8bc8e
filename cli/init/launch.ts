/**
 * Launch configurations: what editors of the Visual Studio Code family start with F5: the action in front, under the debug engine. They attach to its
 * port as soon as it listens; everything else (which files, which lines) they find in the source map of the script.
 */
const PORT = 9_229;
/** Under a debugger an action waits for the editor, and a first start of everything takes its time. */
const ATTACH_WITHIN_MS = 60_000;
/** Frames of ours: they are stepped over, and shown in grey. */
const SKIP_FILES = ["<node_internals>/**", "**/node_modules/**", "baton:**"];

export function launchJson(): string {
  const shared = { type: "node", skipFiles: SKIP_FILES };
  const launch = {
    ...shared,
    request: "launch",
    cwd: "${workspaceFolder}",
    runtimeExecutable: "npx",
    attachSimplePort: PORT,
    timeout: ATTACH_WITHIN_MS,
    console: "integratedTerminal",
  };
  const configurations = [
    { name: "Baton: debug this action", ...launch, runtimeArgs: baton("run", "--inspect", "${file}") },
    {
      name: "Baton: debug the scenarios of this action",
      ...launch,
      runtimeArgs: baton("test", "--inspect", "${file}"),
    },
    { name: "Baton: attach to baton dev --inspect", ...shared, request: "attach", port: PORT, restart: true },
  ];
  return `${JSON.stringify({ version: "0.2.0", configurations }, null, 2)}\n`;
}

/** The project's own command: another package has the name of ours, and is not to be fetched. */
function baton(...args: readonly string[]): string[] {
  return ["--no", "--", "baton", ...args];
}
