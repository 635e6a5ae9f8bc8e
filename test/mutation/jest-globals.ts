/** As much of jest's globals as the tests need that mutants are tried by: they are gathered here once, and run as often as there are mutants. */
import { expect } from "expect";
import { format } from "node:util";

type Body = (...given: never[]) => unknown;
interface Test {
  readonly name: string;
  readonly body: () => unknown;
  readonly before: readonly (() => unknown)[];
  readonly after: readonly (() => unknown)[];
}
interface Hooks {
  readonly before: (() => unknown)[];
  readonly after: (() => unknown)[];
}

interface Gathered {
  readonly tests: Test[];
  readonly names: string[];
  readonly hooks: Hooks[];
}
// One for the process, whichever way it was loaded.
const gathered = ((globalThis as { gatheredTests?: Gathered }).gatheredTests ??= {
  tests: [],
  names: [],
  hooks: [{ before: [], after: [] }],
});

export const allTests = (): readonly Test[] => gathered.tests;

const named = (name: string): string => [...gathered.names, name].join(" › ");

function define(name: string, body: Body): void {
  const hooks = [...gathered.hooks];
  gathered.tests.push({
    name: named(name),
    body: body as () => unknown,
    get before() {
      return hooks.flatMap(({ before }) => before);
    },
    get after() {
      return hooks.toReversed().flatMap(({ after }) => after);
    },
  });
}

function describeOne(name: string, body: () => void): void {
  gathered.names.push(name);
  gathered.hooks.push({ before: [], after: [] });
  body();
  gathered.names.pop();
  gathered.hooks.pop();
}

const each =
  (define: (name: string, body: () => unknown) => void) =>
  (table: readonly unknown[]) =>
  (name: string, body: Body): void => {
    for (const row of table) {
      const given = Array.isArray(row) ? row : [row];
      const places = name.match(/%[sdijp#]/g)?.length ?? 0;
      define(format(name, ...given.slice(0, places)), () => body(...(given as never[])));
    }
  };

export const test = Object.assign(define, {
  each: each(define),
  skip: Object.assign(() => {}, { each: () => () => {} }),
});
export const it = test;
export const describe = Object.assign(describeOne, {
  each: each(describeOne as (name: string, body: () => unknown) => void),
  skip: () => {},
});
const hook = (when: keyof Hooks) => (body: () => unknown) => void gathered.hooks.at(-1)?.[when].push(body);
// Run around every test: what is prepared once for all would be a mutant's for the next one.
export const beforeAll = hook("before");
export const beforeEach = hook("before");
export const afterAll = hook("after");
export const afterEach = hook("after");
export { expect };
