import { expect, test } from "@jest/globals";
import { originalPositionFor, sourceContentFor, TraceMap } from "@jridgewell/trace-mapping";
import { SourcePositions } from "../../languages/source-positions.ts";
import { bundleOf, compiler, LIMITS } from "./compiling.ts";

test("a position is the one that the whole map gives, wherever it is asked for", async () => {
  const line = (index: number): string =>
    `export const f${index} = (a: number[]) => a.map((each: number): string => \`\${each}\`).filter((x) => x !== "${"y".repeat(index % 40)}");\n\n`;
  const source = `${Array.from({ length: 1_500 }, (_, index) => line(index)).join("")}export const execute_action = () => f0([1]);`;
  const { map, script } = bundleOf(await compiler().compile({ source }, LIMITS));
  const whole = new TraceMap(map);
  const positions = new SourcePositions(map);
  const lines = script.split("\n");
  expect(lines.length).toBeGreaterThan(1_500);
  const asked = lines.flatMap((text, index) =>
    index % 7 === 0 || index > lines.length - 5
      ? [0, 1, 9, 30, text.length, 500].map((column) => ({ line: index + 1, column }))
      : [],
  );
  for (const place of [...asked, { line: lines.length + 9, column: 1 }]) {
    const expected = originalPositionFor(whole, place);
    const found = positions.find(place.line, place.column);
    expect([place, found]).toEqual([
      place,
      expected.source === null ? null : { file: expected.source, line: expected.line, column: expected.column! + 1 },
    ]);
  }
  expect(positions.contentOf("action.ts")).toBe(sourceContentFor(whole, "action.ts"));
  expect(positions.contentOf("other.ts")).toBeNull();
});

test("maps without segments, and with segments of no source, give nothing", () => {
  const empty = new SourcePositions(JSON.stringify({ sources: ["a.ts"], mappings: "" }));
  expect(empty.find(1, 0)).toBeNull();
  const bare = new SourcePositions(JSON.stringify({ sources: ["a.ts"], mappings: "AAAA,C;;EACA" }));
  expect([bare.find(1, 0), bare.find(1, 1), bare.find(2, 5), bare.find(3, 1), bare.find(3, 2)]).toEqual([
    { file: "a.ts", line: 1, column: 1 },
    null,
    null,
    null,
    { file: "a.ts", line: 2, column: 1 },
  ]);
});
