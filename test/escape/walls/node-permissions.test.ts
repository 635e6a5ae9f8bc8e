import { expect, test } from "@jest/globals";
import { type Server, createServer } from "node:net";
import { probe, walls } from "./probe.ts";

const DENIED = "error ERR_ACCESS_DENIED";

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.end("in"));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as { port: number }).port };
}

test("a worker process has an empty environment, in UTC and en-US, in no folder of the host", async () => {
  const told = await probe({
    names: "Object.keys(process.env).sort()",
    zone: "Intl.DateTimeFormat().resolvedOptions().timeZone",
    locale: "Intl.DateTimeFormat().resolvedOptions().locale",
    folder: "process.cwd()",
    flags: "process.execArgv.includes('--permission')",
  });
  expect(told).toMatchObject({ zone: "UTC", locale: "en-US", folder: "/", flags: true });
  expect(["LANG", "LC_ALL", "TZ", "PWD", "OLDPWD", "_", "SHLVL"]).toEqual(
    expect.arrayContaining(told["names"] as string[]),
  );
});

test("it holds no descriptor but its channels, and nothing on its standard streams but where V8 complains", async () => {
  const told = await probe({
    open: "(() => { const { fstatSync } = require('node:fs'); const kinds = {}; for (let fd = 0; fd < 256; fd++) try { const s = fstatSync(fd); kinds[fd] = s.isSocket() ? 'socket' : s.isFIFO() ? 'pipe' : s.isCharacterDevice() ? 'device' : s.isFile() ? 'file' : s.isDirectory() ? 'folder' : 'other'; } catch {} return kinds; })()",
  });
  const open = told["open"] as Record<string, string>;
  expect(open).toMatchObject({ 0: "device", 1: "device" });
  expect(Object.values(open)).not.toContain("file");
  expect(Object.values(open)).not.toContain("folder");
  const sockets = Object.entries(open).filter(([, kind]) => kind === "socket");
  expect(sockets.map(([fd]) => fd)).toEqual(["2", "3", "4"]);
});

test("it can neither read nor write files", async () => {
  const told = await probe({
    read: "require('node:fs').readFileSync('/etc/passwd', 'utf8')",
    list: "require('node:fs').readdirSync('/')",
    proc: "require('node:fs').readFileSync('/proc/self/environ')",
    write: "require('node:fs').writeFileSync('/tmp/baton-was-here', 'x')",
    host: `require('node:fs').readFileSync(${JSON.stringify(walls.files.script.replace(/worker\.cjs$/, "bootstrap.js"))})`,
    promises: "require('node:fs/promises').readFile('/etc/passwd', 'utf8')",
    require: "require('/etc/hostname')",
    addon: `require(${JSON.stringify(walls.files.addon.replace(/[^/]+$/, "nothing.node"))})`,
    link: "require('node:fs').symlinkSync('/etc/passwd', '/tmp/baton-link')",
    permission:
      "[process.permission.has('fs.read', '/etc'), process.permission.has('fs.write'), process.permission.has('child'), process.permission.has('wasi')].some(Boolean)",
  });
  const { permission, require: required, ...others } = told;
  expect(permission).toBe(false);
  expect(String(required)).toMatch(/^error/);
  for (const result of Object.values(others)) expect([DENIED, "error MODULE_NOT_FOUND"]).toContain(result);
});

test("it starts no process and no thread, and opens no inspector", async () => {
  const told = await probe({
    spawn: "require('node:child_process').spawnSync('/bin/true').error ?? 'ran'",
    exec: "require('node:child_process').execSync('true')",
    fork: "require('node:child_process').fork('/x')",
    thread: "new (require('node:worker_threads').Worker)('1', { eval: true })",
    inspector: "require('node:inspector').open(0)",
  });
  for (const result of Object.values(told)) expect(JSON.stringify(result)).toMatch(/error|ERR_ACCESS_DENIED/);
});

test("it reaches nobody on the network, not even this machine", async () => {
  const { server, port } = await listen();
  const connect = (target: string): string =>
    `new Promise((resolve, reject) => require('node:net').connect(${target}).on('connect', () => resolve('in')).on('error', reject))`;
  const asked = probe({
    tcp: connect(`{ host: "127.0.0.1", port: ${port} }`),
    unix: connect('"/tmp/baton-no-such-socket"'),
    fetch: `fetch("http://127.0.0.1:${port}/").then(() => "in", (e) => { throw e.cause ?? e; })`,
    dns: "require('node:dns/promises').lookup('localhost.invalid')",
    udp: `new Promise((resolve, reject) => { const s = require('node:dgram').createSocket('udp4').on('error', reject); s.send('x', ${port}, '127.0.0.1', (e) => e ? reject(e) : resolve('in')); })`,
    listen:
      "new Promise((resolve, reject) => require('node:net').createServer().on('error', reject).listen(0, '127.0.0.1', () => resolve('in')))",
  });
  const told = await asked.finally(() => server.close());
  const isStopped = walls.list.some(({ name, stands }) => name === "network" && stands) || process.version >= "v26";
  if (!isStopped) return console.warn("neither a network namespace nor Node's permission for it on this machine");
  expect(told["tcp"]).not.toBe("in");
  expect(told["unix"]).not.toBe("in");
  expect(told["fetch"]).not.toBe("in");
  expect(String(told["dns"])).toMatch(/^error/);
});
