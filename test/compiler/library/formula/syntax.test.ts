// The language of formulas: operator precedence, locations of syntax errors, and limits for very long texts.
// If a test fails, a formula is parsed incorrectly, or a syntax error is reported at the wrong location.
import { buildParserFile } from "@lezer/generator";
import { readFile } from "node:fs/promises";
import { format } from "prettier";
import { describe, expect, it } from "vitest";
import {
  deepest,
  longest,
  parseFormula,
  parseLine,
} from "../../../../src/compiler/library/formula/syntax.ts";
import type { Expression } from "../../../../src/compiler/library/formula/syntax.ts";

/** The tree with brackets around every operation. */
function bracketed(x: Expression): string {
  switch (x.kind) {
    case "number":
      return String(x.value);
    case "name":
      return x.name;
    case "call":
      return `${x.name}(${x.arguments.map(bracketed).join(", ")})`;
    case "negate":
      return `(-${bracketed(x.x)})`;
    case "binary":
      return `(${bracketed(x.x)} ${x.sign} ${bracketed(x.y)})`;
    case "choose":
      return `(${bracketed(x.condition)} ? ${bracketed(x.x)} : ${bracketed(x.y)})`;
  }
}

function read(text: string): string {
  const parsed = parseFormula(text);
  return "tree" in parsed ? bracketed(parsed.tree) : `${parsed.error.span.start}: ${parsed.error.message}`;
}

describe("reads formulas with the precedence of mathematics", () => {
  it.each([
    ["-x^2", "(-(x ^ 2))"],
    ["2^3^2", "(2 ^ (3 ^ 2))"],
    ["2^-x*3", "((2 ^ (-x)) * 3)"],
    ["a - b - c", "((a - b) - c)"],
    ["a / b * c", "((a / b) * c)"],
    ["a + b * c ^ d", "(a + (b * (c ^ d)))"],
    ["-a * b", "((-a) * b)"],
    ["a + 1 < b * 2", "((a + 1) < (b * 2))"],
    ["a < b ? x : y > z ? 1 : 2", "((a < b) ? x : ((y > z) ? 1 : 2))"],
    ["(a < b) == (c != d)", "((a < b) == (c != d))"],
    ["f(x, (y)) / g()", "(f(x, y) / g())"],
    ["1e-3 + .5 + 2. + 0.25E2", "(((0.001 + 0.5) + 2) + 25)"],
    ["\n x\t*\n y ", "(x * y)"],
    ["state.m_1", "state.m_1"],
  ])("%j", (text, expected) => expect(read(text)).toBe(expected));
});

describe("reports the location of a syntax error", () => {
  it.each([
    ["x + ", "4: ends unexpectedly"],
    ["tanh(x", "6: ends unexpectedly"],
    ["x +  ) + y", '5: contains an unexpected ")"'],
    ["2x", '1: contains an unexpected "x"'],
    ["f(x,)", '4: contains an unexpected ")"'],
    ["state.", '5: contains an unexpected "."'],
    ["x ± y", '2: contains an unexpected "\\\\u{b1}"'],
    ['x + "a"', '4: contains an unexpected "\\""'],
    ["   ", "0: is empty"],
  ])("%j", (text, expected) => expect(read(text)).toBe(expected));
});

describe("very long texts", () => {
  const nested = (n: number, open: string, close: string) => `${open.repeat(n)}x${close.repeat(n)}`;
  it.each([
    ["a thousand brackets", nested(1000, "(", ")")],
    ["a thousand calls", nested(1000, "tanh(", ")")],
    ["ten thousand signs", "-".repeat(longest - 1) + "x"],
    ["a sum of thousands", `x${"+x".repeat(4999)}`],
    ["a tower of powers", `x${"^x".repeat(4999)}`],
    ["brackets that never close", "(".repeat(longest)],
    ["a choice of choices", "x?1:".repeat(2000) + "x"],
    ["one character too many", "x".repeat(longest + 1)],
    ["too many parts", `(${"f(x,x,x),".repeat(900)}x)`.replace("(", "g(")],
  ])("%s are reported, not parsed", (_, text) => {
    const parsed = parseFormula(text);
    expect("error" in parsed && parsed.error.code).toMatch(/^T160[16]$/);
  });

  it("are reported even if little of the stack is left", () => {
    const deeper = (levels: number): ReturnType<typeof parseFormula> =>
      levels === 0 ? parseFormula(`x${"+x".repeat(4999)}`) : deeper(levels - 1);
    expect(deeper(4000)).toHaveProperty("error.code", "T1606");
  });

  it("up to the limit they are parsed", () => {
    expect(read(nested(deepest - 3, "tanh(", ")"))).toMatch(/^tanh/);
    expect(parseFormula(nested(deepest, "tanh(", ")"))).toHaveProperty("error.code", "T1606");
  });
});

it("a line assigns to a name, and its spans are offsets into its text", () => {
  const parsed = parseLine("state.m = 0.9 * state.m");
  if (!("tree" in parsed)) throw new Error(parsed.error.message);
  expect(parsed.tree.name).toBe("state.m");
  expect(parsed.tree.nameSpan).toEqual({ start: 0, end: 7 });
  expect(bracketed(parsed.tree.value)).toBe("(0.9 * state.m)");
  expect(parsed.tree.value).toMatchObject({ start: 10, end: 23 });
});

it("the parser's tables are up to date with the grammar", async () => {
  const folder = new URL("../../../../src/compiler/library/formula/", import.meta.url);
  const grammar = await readFile(new URL("formula.grammar", folder), "utf8");
  const { parser } = buildParserFile(grammar, { moduleStyle: "es", typeScript: true });
  const expected = await format(parser, { parser: "typescript", printWidth: 110 });
  expect(await readFile(new URL("tables.ts", folder), "utf8")).toBe(expected);
});
