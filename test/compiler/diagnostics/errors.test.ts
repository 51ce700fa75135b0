// The parts of a rendered diagnostic: location, severity, code, sentence, code frame, hint and notes. If a
// test fails, the form has changed, and tools that parse diagnostics break.
import { expect, it } from "vitest";
import { formatPath } from "../../../src/compiler/diagnostics/diagnostic.ts";
import type { Diagnostic } from "../../../src/compiler/diagnostics/diagnostic.ts";
import {
  DiagnosticError,
  Unsupported,
  codeFrame,
  collector,
  invariant,
  render,
} from "../../../src/compiler/diagnostics/errors.ts";

const lines = ["{", '  "network": [', '    { "type": "dense", "units": -3 }', "  ]", "}"];
const place = { file: "graphs/digits.json", line: 3, column: 33, endColumn: 35 };
const full: Diagnostic = {
  code: "T1203",
  severity: "error",
  message: "network[0].units must be a positive integer, got -3",
  path: ["network", 0, "units"],
  location: place,
  frame: codeFrame(lines, place),
  hint: "one unit at least",
  notes: ["a note"],
};

it("renders all parts of a diagnostic", () => {
  expect(render([full])).toBe(
    [
      "graphs/digits.json:3:33 error T1203: network[0].units must be a positive integer, got -3",
      "  1 | {",
      '  2 |   "network": [',
      '> 3 |     { "type": "dense", "units": -3 }',
      "    |                                 ^^",
      "  4 |   ]",
      "  5 | }",
      "  hint: one unit at least",
      "  note: a note",
    ].join("\n"),
  );
});

it("renders a diagnostic without a location, and a file without a line", () => {
  const bare: Diagnostic = {
    code: "T1306",
    severity: "warning",
    message: "no layer reads inputs.x",
  };
  expect(render([bare, { ...bare, location: { file: "a.ts" } }])).toBe(
    "warning T1306: no layer reads inputs.x\na.ts warning T1306: no layer reads inputs.x",
  );
});

it("adds colour without changing the text", () => {
  const coloured = render([full], { colour: true });
  expect(coloured).toContain("\u001b[31m");
  expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(render([full]));
});

it("shortens long lines around the mark, all in the same way", () => {
  const long = `${"a".repeat(500)}X${"b".repeat(1e6)}`;
  const frame = codeFrame(["before", long], { file: "f", line: 2, column: 501 }) ?? "";
  const [, marked, mark] = frame.split("\n");
  expect(marked[mark.indexOf("^")]).toBe("X");
  expect(frame.length).toBeLessThan(400);
});

it("marks where a frame leaves characters out", () => {
  const before = "a".repeat(200);
  const at = (line: string, column: number) =>
    codeFrame(["short", "", line], { file: "f", line: 3, column })
      ?.split("\n")
      .map((row) => row.slice(6));
  expect(at(`${before}X${"b".repeat(200)}`, 201)).toEqual([
    "…",
    "",
    `…${"a".repeat(49)}X${"b".repeat(48)}…`,
    `${" ".repeat(50)}^`,
  ]);
  expect(at(`${before}X`, 201)?.[2]).toBe(`…${"a".repeat(49)}X`);
  expect(at(`X${before}`, 1)?.[2]).toBe(`X${"a".repeat(98)}…`);
  expect(at("a".repeat(100), 1)?.[2]).toBe("a".repeat(100));
});

it("shows tabs and replaces control characters: the mark stays in its column, and the terminal is not affected", () => {
  expect(codeFrame(["\t\u001b[31mx"], { file: "f", line: 1, column: 3 })).toBe("> 1 | → [31mx\n    |   ^");
});

it("has no frame if the location is outside of the text", () => {
  expect(codeFrame(lines, { file: "f", line: 9, column: 1 })).toBeUndefined();
  expect(codeFrame(lines, { file: "f" })).toBeUndefined();
});

it.each([
  [[], "the spec"],
  [["network", 2, "units"], "network[2].units"],
  [["inputs", "a b"], 'inputs["a b"]'],
  [["inputs", "__proto__"], "inputs.__proto__"],
  [["inputs", 'a"; process.exit()//'], 'inputs["a\\"; process.exit()//"]'],
])("writes the path %j", (path, expected) => {
  expect(formatPath(path)).toBe(expected);
});

it("gives the error of a user the rendered text as its message", () => {
  expect(new DiagnosticError([full]).message).toBe(render([full]));
});

it("distinguishes internal errors from unsupported features", () => {
  expect(() => invariant(1 > 2, "one is more than two")).toThrow("internal: one is more than two");
  expect(new Unsupported("lstm needs scan")).toMatchObject({
    name: "Unsupported",
    message: "lstm needs scan",
  });
});

// If the collector threw early or lost an error, a user would see errors one by one, or not at all.

it("throws all errors at once, warnings after them", () => {
  const problems = collector();
  problems.warning(["a"], "T1306", "a is doubtful");
  problems.error(["b"], "T1203", "b is wrong", { hint: "right it" });
  problems.error(["c"], "T1203", "c is wrong");
  expect(() => problems.throwErrors()).toThrow(
    "error T1203: b is wrong\n  hint: right it\nerror T1203: c is wrong\nwarning T1306: a is doubtful",
  );
});

it("returns the warnings when there are no errors", () => {
  const problems = collector();
  problems.warning(["a"], "T1306", "a is doubtful");
  expect(problems.throwErrors()).toMatchObject([{ code: "T1306", path: ["a"] }]);
});
