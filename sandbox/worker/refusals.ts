/**
 * Takes away from the worker's realm what its own code does not need, before any guest exists. Node's permissions do not hold all of its
 * built-in modules, and code that runs here after breaking out of an isolate asks for those first. Every way of asking ends here:
 * `require`, `import()`, `createRequire`, `getBuiltinModule`, `process.binding`. Native code does not ask, and is not held by this.
 */
import Module, { registerHooks } from "node:module";

/** Functions of `process` that reach other code, other processes, or another program. */
const PROCESS_FUNCTIONS = [
  "getBuiltinModule",
  "binding",
  "_linkedBinding",
  "dlopen",
  "execve",
  "kill",
  "_kill",
  "_debugProcess",
  "_debugEnd",
  "loadEnvFile",
  "openStdin",
  "chdir",
  "setuid",
  "seteuid",
  "setgid",
  "setegid",
  "setgroups",
  "initgroups",
] as const;

class RefusedError extends Error {
  readonly code = "ERR_ACCESS_DENIED";
  constructor(what: string) {
    super(`${what} is refused in a worker process`);
  }
}

export function refuseTheRest(): void {
  registerHooks({ resolve: (specifier) => refuse(specifier), load: (url) => refuse(url) });
  for (const name of PROCESS_FUNCTIONS) close(process, name);
  // A later hook is asked before an earlier one: that none is added is what makes the one above hold.
  for (const name of Reflect.ownKeys(Module))
    if (typeof Module[name as keyof typeof Module] === "function") close(Module, name);
  for (const name of Reflect.ownKeys(Module.prototype)) close(Module.prototype, name);
  for (const name of ["report", "mainModule", "permission"] as const) hide(process, name);
}

function refuse(what: string): never {
  throw new RefusedError(what);
}

function close(owner: object, name: PropertyKey): void {
  if (!(name in owner)) return;
  const refused = (): never => refuse(String(name));
  replace(owner, name, refused);
}

function hide(owner: object, name: PropertyKey): void {
  if (name in owner) replace(owner, name, undefined);
}

function replace(owner: object, name: PropertyKey, value: unknown): void {
  const own = Object.getOwnPropertyDescriptor(owner, name);
  if (own?.configurable === false) {
    if (own.writable === true) Object.defineProperty(owner, name, { value, writable: false });
    return;
  }
  Object.defineProperty(owner, name, { value, writable: false, configurable: false, enumerable: false });
}
