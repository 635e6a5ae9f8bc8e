/** Worker processes in an attacker's hands: they get ready as they should, and answer a run with code of the caller's. */
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SandboxOptions } from "../../../sandbox/index.ts";
import { type Walls, findWalls } from "../../../sandbox/process/walls.ts";

/** `onRun` sees `run`; its `input`, a text; and `nth`, how many runs came before it in this process. */
export type Forge = (name: string, onRun: string) => SandboxOptions & { readonly walls: Walls };

export function openForgery(): { readonly forge: Forge; close(): void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "baton-forged-")));
  chmodSync(folder, 0o755);
  return {
    forge(name, onRun) {
      const script = join(folder, `${name.replaceAll(/\W+/g, "-")}.cjs`);
      writeFileSync(script, workerCode(onRun), { mode: 0o644 });
      const walls = findWalls();
      return {
        workers: 1,
        walls: { ...walls, files: { ...walls.files, script }, prefix: walls.forks ? [] : walls.prefix, forks: false },
      };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function workerCode(onRun: string): string {
  return `
    const { writeSync } = require("node:fs");
    const { Socket } = require("node:net");
    const socket = new Socket({ fd: 3, readable: true, writable: true });
    socket.on("error", () => process.exit(0)); socket.on("close", () => process.exit(0));
    const frame = (json, bytes = Buffer.alloc(0), length = Buffer.byteLength(json), attached = bytes.length) => {
      const head = Buffer.alloc(8); head.writeUInt32LE(length, 0); head.writeUInt32LE(attached, 4);
      return Buffer.concat([head, Buffer.from(json), bytes]);
    };
    const raw = (data) => socket.write(data);
    const say = (message) => raw(frame(typeof message === "string" ? message : JSON.stringify(message)));
    const sync = (message) => { const data = frame(JSON.stringify(message)); for (let at = 0; at < data.length;) try { at += writeSync(4, data, at); } catch (e) { if (e.code !== "EAGAIN") throw e; } };
    const places = (kind, length, fill, text = "", attached = 0) => {
      const body = Buffer.concat([Buffer.alloc(length), Buffer.from(text)]); fill(body);
      const head = Buffer.alloc(8); head.writeUInt32LE(kind * 2 ** 26 + body.length, 0); head.writeUInt32LE(attached, 4);
      return Buffer.concat([head, body, Buffer.alloc(attached)]);
    };
    const result = (run, text, measures = [1, 0, 1, 0], more = 0, attached = 0) => raw(places(1, 44 + more, (body) => { body.writeUInt32LE(run, 0); measures.forEach((each, n) => body.writeDoubleLE(each, 4 + 8 * n)); }, text, attached));
    const usage = { wallMs: 1, hostMs: 0, cpuMs: 1, peakMemoryBytes: 0, hostCalls: 0 };
    const ended = (run, end, more = {}) => say({ type: "ended", run, end, logsDropped: 0, usage, ...more });
    const returned = (run, json) => ended(run, { type: "returned", json });
    const log = (run, message) => ({ type: "log", run, level: "info", message, time: "" });
    let pending = Buffer.alloc(0);
    let runs = 0;
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        if (pending.length < 8) return;
        const word = pending.readUInt32LE(0), kind = word >>> 26, json = word & 0x3ffffff, size = 8 + json + pending.readUInt32LE(4);
        if (pending.length < size) return;
        const message = kind === 0 ? JSON.parse(pending.toString("utf8", 8, 8 + json)) : { type: "run", run: pending.readUInt32LE(8) }, input = pending.toString("utf8", 8 + json, size);
        pending = pending.subarray(size);
        if (message.type === "configure") say({ type: "ready", missing: 0 });
        if (message.type === "ping") say({ type: "pong", ping: 0, heaps: {} });
        if (message.type === "run") { const run = message.run, nth = runs++; ${onRun} }
      }
    });`;
}
