// The types that authors are given say what runs: each member that they declare is there in a run, and each that is there is declared.
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { parse } from "@babel/parser";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startBoth } from "../web/both.ts";

interface Members {
  readonly parent: string | null;
  readonly static: string[];
  readonly own: string[];
}
interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const both = startBoth();
afterAll(async () => both[Symbol.asyncDispose]());

/** Names of the standard that libraries look for and that an action has no use for: they are there, and no type offers them. */
const UNDECLARED = new Set(["self"]);
/** What the polyfill of URLPattern has and the standard does not. */
const POLYFILL = "compareComponent";
/** What DOMException has from before it had names. */
const isOldConstant = (name: string): boolean => /^[A-Z_]+_ERR$/.test(name);

const declared = readDeclared();
let running: {
  classes: Record<string, { static: string[]; own: string[] }>;
  names: string[];
  values: Record<string, string[]>;
};

beforeAll(async () => {
  const plain = runInNewContext("Object.getOwnPropertyNames(globalThis)") as string[];
  running = (await both.inGuest(
    `const listed = (from) => from === null || from === Object.prototype || from === Function.prototype || from === Error.prototype ? []
       : [...Object.getOwnPropertyNames(from), ...listed(Object.getPrototypeOf(from))];
     const names = Object.getOwnPropertyNames(globalThis).filter((name) => !input.includes(name) && name !== "secrets");
     const classes = {}; const values = {};
     for (const name of names) {
       const value = globalThis[name];
       if (typeof value === "function" && value.prototype && /^[A-Z]/.test(name))
         classes[name] = { static: Object.getOwnPropertyNames(value), own: listed(value.prototype) };
       else if (typeof value === "object" && value !== globalThis) values[name] = listed(value);
     }
     return { names, classes, values };`,
    plain.filter((name) => name !== "console"),
  )) as typeof running;
});

describe("the types of the platform", () => {
  test("declare every global that runs, and no other", () => {
    const names = [...Object.keys(declared.classes), ...declared.functions, ...Object.keys(declared.values)];
    expect(names.filter((name) => !running.names.includes(name))).toEqual([]);
    expect(running.names.filter((name) => !names.includes(name) && !UNDECLARED.has(name))).toEqual([]);
  });

  test("declare every member of every class that runs, and no other", () => {
    const told = Object.entries(declared.classes).map(([name, members]) => {
      const own = allOf(name, "own");
      const runs = running.classes[name] ?? { static: [], own: [] };
      const runsOwn = unique(runs.own.filter((member) => member !== "constructor" && !isOldConstant(member)));
      const statics = unique(
        runs.static.filter(
          (member) =>
            !["length", "name", "prototype", "stackTraceLimit", POLYFILL].includes(member) && !isOldConstant(member),
        ),
      );
      return { name, own: differing(own, runsOwn), static: differing(members.static, statics) };
    });
    expect(told.filter((one) => one.own.length + one.static.length > 0)).toEqual([]);
  });

  test("declare every member of every object that runs, and no other", () => {
    const told = Object.entries(declared.values).map(([name, members]) => {
      const own = typeof members === "string" ? allOf(members, "own") : members;
      return {
        name,
        differing: differing(own, unique((running.values[name] ?? []).filter((member) => member !== "constructor"))),
      };
    });
    expect(told.filter((one) => one.differing.length > 0)).toEqual([]);
  });
});

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function differing(said: readonly string[], runs: readonly string[]): string[] {
  return [
    ...said.filter((name) => !runs.includes(name)).map((name) => `declared, does not run: ${name}`),
    ...runs.filter((name) => !said.includes(name)).map((name) => `runs, is not declared: ${name}`),
  ];
}

function allOf(name: string, kind: "own"): string[] {
  const members = declared.classes[name] ?? declared.bases[name];
  return members === undefined
    ? []
    : unique([...members[kind], ...(members.parent === null ? [] : allOf(members.parent, kind))]);
}

function readDeclared() {
  const text = readFileSync(new URL("../../web/web-globals.d.ts", import.meta.url), "utf8");
  const { program } = parse(text, { sourceType: "module", plugins: [["typescript", { dts: true }]] });
  const classes: Record<string, Members> = {};
  const bases: Record<string, Members> = {};
  const values: Record<string, string[] | string> = {};
  const functions: string[] = [];
  const nameOf = (node: Node): string => (node["id"] as { name: string }).name;
  const visit = (node: Node, into: Record<string, Members>): void => {
    if (node.type === "ClassDeclaration") into[nameOf(node)] = membersOf(node);
    else if (node.type === "TSDeclareFunction") functions.push(nameOf(node));
    else if (node.type === "VariableDeclaration")
      for (const one of node["declarations"] as Node[]) values[nameOf(one)] = valueOf(one["id"] as Node);
    else if (node.type === "TSModuleDeclaration")
      for (const inner of (node["body"] as { body: Node[] }).body) visit(inner, classes);
  };
  for (const node of program.body as unknown as Node[]) visit(node, bases);
  return { classes, bases, values, functions: unique(functions) };
}

function membersOf(node: Node): Members {
  const members = (node["body"] as { body: Node[] }).body.filter(
    (member) => member["computed"] !== true && keyOf(member) !== "constructor",
  );
  const parent = (node["superClass"] as { name: string } | null)?.name ?? null;
  const named = (isStatic: boolean) =>
    unique(members.filter((member) => (member["static"] === true) === isStatic).map(keyOf));
  return { parent, static: named(true), own: named(false) };
}

function keyOf(member: Node): string {
  return (member["key"] as { name?: string } | undefined)?.name ?? "";
}

/** The members of a type that is written out, or the name of a class. */
function valueOf(id: Node): string[] | string {
  const type = (id["typeAnnotation"] as { typeAnnotation: Node }).typeAnnotation;
  if (type.type === "TSTypeReference") return (type["typeName"] as { name: string }).name;
  return (type["members"] as Node[]).map(keyOf);
}
