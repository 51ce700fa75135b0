// The layout of emitted files: head, chapters and names. If a test fails, chapters are out of order, or the
// text refers to a file that the trainer does not have or to an internal name of the compiler.
import { readFileSync, readdirSync } from "node:fs";
import { format } from "prettier";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { hasSameCode } from "../../../../src/compiler/emit/typescript/format.ts";
import { collectParts } from "../../../../src/compiler/emit/typescript/runtime-parts.ts";
import type { Declaration, OptionalMember } from "../../../../src/compiler/emit/typescript/runtime-parts.ts";
import { exactFormulaOf, formulaOfNumber } from "../../../../src/compiler/util/number-text.ts";
import { yamlLines } from "../../../../src/compiler/util/yaml-text.ts";
import { chapters } from "../../../../src/runtime/chapters.ts";

const folder = new URL("../../../../generated/", import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));
const textOf = (file: string): string => readFileSync(new URL(file, folder), "utf8");
const titles: readonly string[] = chapters.map(({ title }) => title);

describe.each(files)("generated/%s", (file) => {
  const text = textOf(file);
  const lines = text.split("\n");

  it("lists its chapters, and has them in the order of the runtime's list", () => {
    const headings = lines.flatMap((line) => /^\/\/ ── (\d+ .*) ──$/.exec(line)?.[1] ?? []);
    const start = lines.indexOf("// Contents") + 1;
    const contents = lines
      .slice(start, lines.indexOf("//", start))
      .map((line) => line.replace(/^\/\/ +/, ""));
    expect(contents).toEqual(headings);
    const found = headings.map((heading) => titles.indexOf(heading.replace(/^\d+ /, "")));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found).not.toContain(-1);
  });

  it("refers to no file of the compiler, and has no name of an op", () => {
    const comments = lines.filter((line) => /^\s*(\/\/|\/?\*)/.test(line)).join("\n");
    expect(comments.match(/[\w-]+\.ts\b/g) ?? []).toEqual([]);
    expect(text).not.toMatch(/_reduce(Sum|Max)|compute_|prettier-ignore/);
  });

  it("has no colon in a formula", () => {
    const formulas = lines.filter((line) => /^\/\/ {1,3}[\w.[\]-]+ = /.test(line));
    const withoutRanges = formulas.map((line) => line.replace(/\[[^\]]*\]/g, ""));
    expect(withoutRanges.filter((line) => /\w:\w/.test(line))).toEqual([]);
  });
});

test("the first forty lines describe digits: its layers, their costs, and the whole spec", () => {
  const head = textOf("digits.ts").split("\n").slice(0, 40).join("\n");
  expect(head).toContain(
    "//   dense1  dense  [64]    weight [64, 64], bias [64]  4,160                 8,320\n",
  );
  expect(head).toContain(
    "//   total                                              4,810                 9,610\n",
  );
  const lines = head.split("\n").map((line) => line.slice(5));
  const spec = parse(
    lines
      .slice(
        lines.indexOf("name: digits"),
        lines.findIndex((line) => line.includes("targets: { digit: { columns")) + 1,
      )
      .join("\n"),
  );
  expect(spec).toMatchObject({
    name: "digits",
    network: [
      { name: "dense1", units: 64 },
      { name: "dense2", units: 10 },
    ],
    loss: { type: "cross-entropy", smoothing: 0.1 },
    optimizer: { type: "adam", learningRate: { type: "constant", initial: 0.003 } },
    data: { targets: { digit: { columns: ["digit"] } } },
  });
});

test.each([[{}], [{ semi: false, singleQuote: true, tabWidth: 4 }]])(
  "a file that prettier has formatted with %o is the same code, and an edited one is not",
  async (options) => {
    const text = textOf("perceptron.ts");
    const formatted = await format(text, { parser: "typescript", ...options });
    expect(formatted).not.toBe(text);
    expect(await hasSameCode(formatted, text)).toBe(true);
    expect(await hasSameCode(formatted.replace("epochs: 10", "epochs: 11"), text)).toBe(false);
  },
);

test("yaml: any value in a spec is read back, and no line ends a comment", () => {
  const value = {
    plain: "cross-entropy",
    words: ["true", "no", "~", "null", "1e3", "a: b", "# c", "", " d", "\u2028x\n", "`", "*/", "{", "ü"],
    numbers: [0, -1.5, 1e-8, 1e21],
    nested: { empty: {}, none: [], deep: { a: [{ b: true }, { c: null }] } },
    long: Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`key${i}`, `value ${i}`])),
    layers: Array.from({ length: 3 }, (_, i) => ({ name: `layer${i}`, values: Array(40).fill(i) })),
    left: undefined,
  };
  const lines = yamlLines(value);
  const { left: _, ...rest } = value;
  expect(parse(lines.join("\n"))).toEqual(rest);
  expect(lines.join("")).not.toMatch(/[\n\r\u2028\u2029]/);
});

test("numbers of a spec are shown as formulas if these have exactly the same value", () => {
  expect(exactFormulaOf(1 - 0.9)).toEqual({ kind: "complement", x: 0.9 });
  expect(exactFormulaOf(1 / (1 - 0.1))).toEqual({ kind: "reciprocal of complement", x: 0.1 });
  expect(exactFormulaOf(1 / 3)).toEqual({ kind: "reciprocal", x: 3 });
  expect(exactFormulaOf(0.25)).toBeUndefined();
  expect(exactFormulaOf(Math.PI)).toBeUndefined();
  expect(exactFormulaOf(Math.log(0.9))).toBeUndefined();
  expect(formulaOfNumber(Math.log(0.9))).toEqual({ kind: "logarithm", x: 0.9 });
});

test("a type has only those optional members that the code mentions", () => {
  const text = "interface A {\n  a: B;\n  /** One. */\n  b?: C;\n  d?: D;\n}";
  const member = (name: string, type: string): OptionalMember => {
    const to = text.indexOf(`${name}?: ${type};`) + `${name}?: ${type};`.length;
    const from = name === "b" ? text.indexOf("\n  /**") : text.indexOf("\n  d?");
    return { name, isCode: false, from, to, names: [type], mentions: [type] };
  };
  const part = (name: string, own: Partial<Declaration>): [string, Declaration] => [
    name,
    { name, chapter: "model", text: `type ${name} = 1;`, names: [], mentions: [name], optional: [], ...own },
  ];
  const optional = [member("b", "C"), member("d", "D")];
  const parts = new Map([
    part("A", { text, names: ["B"], mentions: ["A", "a", "B"], optional }),
    part("B", {}),
    part("C", {}),
    part("D", {}),
  ]);
  const root = "A" as "Batch";
  expect(collectParts(parts, [root]).map((each) => each.name)).toEqual(["A", "B"]);
  const [first, ...others] = collectParts(parts, [root], ["d"]);
  expect(first.text).toBe("interface A {\n  a: B;\n  d?: D;\n}");
  expect(others.map(({ name }) => name)).toEqual(["B", "D"]);
});
