/** The walls that stand behind Node's permissions, tried by a process that has none of those. */
import { expect, test } from "@jest/globals";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WallName } from "../../../sandbox/process/wall.ts";
import { launchWorker } from "../../../sandbox/process/launch.ts";
import { until } from "../../processes.ts";
import { probe, probeOuter, wallOf, walls } from "./probe.ts";

/** A test of a wall that this machine may truly lack. */
function testWall(name: WallName, sentence: string, body: () => Promise<void> | void): void {
  const { stands, note } = wallOf(name);
  if (stands) test(`${name}: ${sentence}`, body);
  else test.skip(`${name}: ${sentence} [this machine has no such wall: ${note}]`, body);
}

testWall("network", "there is no way to anywhere, the machine itself included", async () => {
  const server = createServer((socket) => socket.end("in"));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const connect = (host: string): string =>
    `new Promise((resolve, reject) => require('node:net').connect({ host: '${host}', port: ${port}, timeout: 2000 }).on('connect', () => resolve('in')).on('timeout', () => reject(new Error('timeout'))).on('error', reject))`;
  const told = probeOuter({
    loopback: connect("127.0.0.1"),
    sixth: connect("::1"),
    elsewhere: connect("192.0.2.1"),
    interfaces: "Object.values(require('node:os').networkInterfaces()).flat().filter((i) => !i.internal).length",
    udp: "new Promise((resolve, reject) => { const s = require('node:dgram').createSocket('udp4').on('error', reject); s.send('x', 53, '192.0.2.1', (e) => e ? reject(e) : resolve('sent')); })",
  });
  await new Promise((resolve) => server.close(resolve));
  for (const name of ["loopback", "sixth", "elsewhere", "udp"]) expect(String(told[name])).toMatch(/^error/);
  expect(told["interfaces"]).toBe(0);
});

testWall("nobody", "it is nobody, in no group, and cannot become anybody", () => {
  const told = probeOuter({
    ids: "[process.getuid(), process.geteuid(), process.getgid(), process.getegid()]",
    groups: "process.getgroups().filter((g) => g !== 65534)",
    setuid: "process.setuid(0)",
    setgid: "process.setgid(0)",
    groupsSet: "process.setgroups([0])",
    kill: `process.kill(${process.pid}, 0)`,
  });
  expect(told["ids"]).toEqual([65534, 65534, 65534, 65534]);
  expect(told["groups"]).toEqual([]);
  for (const name of ["setuid", "setgid", "groupsSet", "kill"]) expect(String(told[name])).toMatch(/^error/);
});

testWall("nobody", "a file of the host's own user is closed to it", () => {
  const folder = mkdtempSync(join(tmpdir(), "baton-closed-"));
  writeFileSync(join(folder, "secret"), "x", { mode: 0o600 });
  const told = probeOuter({
    read: `require('node:fs').readFileSync(${JSON.stringify(join(folder, "secret"))}, 'utf8')`,
  });
  rmSync(folder, { recursive: true });
  expect(String(told["read"])).toMatch(/^error (EACCES|ENOENT)/);
});

testWall("no-new-privileges", "it has no capability in this machine and gains none by running another program", () => {
  const line = (name: string): string =>
    `require('node:fs').readFileSync('/proc/self/status', 'utf8').match(/^${name}:\\s*(\\S+)/m)[1]`;
  if (walls.forks) return;
  const told = probeOuter({ no: line("NoNewPrivs"), effective: line("CapEff"), permitted: line("CapPrm") });
  expect(told).toEqual({ no: "1", effective: "0000000000000000", permitted: "0000000000000000" });
});

testWall("core-files", "a crash leaves no memory of it on the disk", () => {
  if (walls.forks) return;
  const told = probeOuter({
    limit:
      "require('node:fs').readFileSync('/proc/self/limits', 'utf8').match(/core file size\\s+(\\S+)\\s+(\\S+)/i).slice(1)",
  });
  expect(told["limit"]).toEqual(["0", "0"]);
});

testWall("read-only-view", "it sees libraries and its own files, and can write none of them", () => {
  const told = probeOuter({
    root: "require('node:fs').readdirSync('/').sort()",
    passwd: "require('node:fs').readFileSync('/etc/passwd')",
    home: "require('node:fs').readdirSync('/root')",
    write: "require('node:fs').writeFileSync('/x', 'x')",
    script: `require('node:fs').appendFileSync(${JSON.stringify(walls.files.script)}, 'x')`,
    library: "require('node:fs').writeFileSync('/lib/x', 'x')",
  });
  for (const name of ["passwd", "home", "script", "library"]) expect(String(told[name])).toMatch(/^error/);
  for (const folder of ["home", "root", "sys", "var"]) expect(told["root"]).not.toContain(folder);
});

testWall("read-only-view", "no file in it grows by a byte, in memory or on a disk", () => {
  const write = (path: string): string => `require('node:fs').writeFileSync('${path}', 'x')`;
  const told = probeOuter({
    root: write("/x"),
    device: write("/dev/x"),
    shared: write("/dev/shm/x"),
    temporary: write("/tmp/x"),
    size: "(() => { const { blocks, bsize } = require('node:fs').statfsSync('/tmp'); return blocks * bsize; })()",
  });
  for (const name of ["root", "device", "shared", "temporary"])
    expect(String(told[name])).toMatch(/^error (EROFS|EFBIG|EACCES|ENOENT)/);
  expect(told["size"]).toBeLessThanOrEqual(1024 * 1024);
});

testWall("memory-cgroup", "the kernel ends it over the cap, between two looks of the watch", async () => {
  const grow =
    "(() => { const all = []; for (let i = 0; i < 400; i++) all.push(Buffer.alloc(4e6, 1)); return all.length; })()";
  await expect(probe({ pause: "new Promise((ok) => setTimeout(ok, 300))", grow }, 256 * 1024 * 1024)).rejects.toThrow(
    /SIGKILL|137/,
  );
});

testWall("memory-cgroup", "its group is removed with it", async () => {
  const groups = (): string[] =>
    readdirSync(walls.cgroups!.folder).filter((name) => name.startsWith(`baton-${process.pid}-`));
  const others = groups();
  const launched = launchWorker({ walls, memoryBytes: 2 ** 30 });
  const [own] = groups().filter((name) => !others.includes(name));
  expect(own).toBeDefined();
  launched.child.kill("SIGKILL");
  await until(() => !groups().includes(own!));
});
