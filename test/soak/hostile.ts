/** One of each kind of hostile action, as a soak mixes them in. */
export interface HostileAction {
  readonly source: string;
  /** It is harmless where it is held, and may well return. */
  readonly mayReturn?: boolean;
  /** It hands off before it misbehaves, and that must stand. */
  readonly handsOff?: boolean;
}

const action = (body: string): string => `export async function execute_action(context) { ${body} }`;

export const HOSTILE: readonly HostileAction[] = [
  { source: action("for (;;);") },
  { source: action("for (;;) await null;") },
  { source: action("hand_off_conversation(context, 'before'); for (;;);"), handsOff: true },
  { source: action("Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);") },
  {
    source: action(
      "hand_off_conversation(context, 'before'); Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);",
    ),
    handsOff: true,
  },
  { source: action("/^(a+)+$/.test('a'.repeat(50) + '!');") },
  { source: action("const all = []; for (;;) all.push({});") },
  { source: action("const all = new Set(); for (let i = 0; ; i++) all.add(i);") },
  {
    source: action(
      "const all = []; for (;;) { const b = new ArrayBuffer(0, { maxByteLength: 1e8 }); b.resize(1e8); new Uint8Array(b).fill(1); all.push(b); }",
    ),
  },
  { source: action("'ab'.repeat(1e8).split('');") },
  { source: action("const f = () => f() + 1; f();") },
  { source: action("throw { get message() { for (;;); } };") },
  { source: action("return 1n;") },
  { source: action("let v = ['x']; for (let i = 0; i < 60; i++) v = [v, v]; return v;") },
  { source: action("return 'x'.repeat(1e8);") },
  { source: action("return { toJSON() { for (;;); } };") },
  { source: action("for (;;) console.log('flood', 'x'.repeat(1000));") },
  { source: action("for (;;) hand_off_conversation(context, 'again');"), handsOff: true },
  { source: action("return new Promise(() => {});") },
  {
    source: action(
      "Object.prototype.evil = globalThis.evil = 1; Array.prototype.push = null; JSON.parse = null; return 1;",
    ),
    mayReturn: true,
  },
  {
    source: action(
      "const all = []; for (;;) all.push(new Intl.Segmenter('en').segment('x y '.repeat(1e5))[Symbol.iterator]());",
    ),
  },
  { source: "export const execute_action = ; for (;;" },
  { source: 'import fs from "node:fs"; export const execute_action = () => fs;' },
  { source: "export const execute_action = () => 1; for (;;);" },
];
