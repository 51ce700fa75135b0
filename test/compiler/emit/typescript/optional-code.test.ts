// Code of the runtime that does nothing without an optional member of the facts. If a test fails, trainers
// contain code that never does anything, or lack code that they need.
import { describe, expect, it } from "vitest";
import { parseRuntime } from "../../../../src/compiler/emit/typescript/parse-runtime.ts";
import { collectParts } from "../../../../src/compiler/emit/typescript/runtime-parts.ts";
import type { RuntimeName } from "../../../../src/compiler/runtime-references.ts";

/** The text of `run` in a module whose facts mention these words, and the names of all its declarations. */
async function moduleWith(run: string, words: readonly string[] = []) {
  const text = `// A file.
    interface Machine { a: number; fact?: { count: number } | undefined; act?(x: number): number; kind?: string }
    interface Options { given?: number }
    function used(x: number): number { return x; }
    ${run}`;
  const declarations = await parseRuntime([{ file: "file.ts", chapter: "step", replaces: false, text }]);
  const parts = new Map(declarations.map((declaration) => [declaration.name, declaration]));
  const found = collectParts(parts, ["run" as RuntimeName], words);
  return {
    names: found.map(({ name }) => name),
    text: found.find(({ name }) => name === "run")?.text.replace(/\s+/g, " "),
  };
}

const bodyOf = async (body: string, words?: readonly string[]) =>
  (await moduleWith(`function run(m: Machine, o: Options) { ${body} }`, words)).text
    ?.replace(/^.*?\) \{ ?/, "")
    .replace(/ ?\}$/, "");

describe("without the member, a trainer contains", () => {
  it.each([
    ["m.act?.(1); return 1;", "return 1;"],
    ["if (m.fact) return 2; return 1;", "return 1;"],
    ["if (m.fact !== undefined && m.a > m.fact.count) return 2; return 1;", "return 1;"],
    ["return m.fact?.count ?? m.a;", "return m.a;"],
    ["return m.a * (m.act?.(1) ?? 1);", "return m.a * (1);"],
    ["return m.fact ? m.fact.count : 1;", "return 1;"],
    ["return { fact: m.fact, a: 1 };", "return { a: 1 };"],
    ["return { a: 1, ...(m.fact && { b: m.fact.count }) };", "return { a: 1, };"],
    ['return m.kind === "big" ? 2 : 1;', "return 1;"],
    ["return m.a > 1 && !m.act?.(1);", "return m.a > 1;"],
    ["m.act?.(1); const act = 1;", "const act = 1;"],
  ])("of `%s` only `%s`", async (body, rest) => {
    expect(await bodyOf(body)).toBe(rest);
  });
});

describe("a trainer contains the code", () => {
  it.each([
    ["if its facts have the member", "if (m.fact) return 2;", ["fact"]],
    ["if its facts have the text", 'if (m.kind === "big") return 2;', ["big"]],
    ["if other code mentions the member", "m.act?.(1); return { act: 1 };", []],
    ["if other code mentions the member in short", "m.act?.(1); const { act } = m;", []],
    ["if the member belongs to options, which users write", "if (o.given) return 2;", []],
    ["if there is an else", "if (m.fact) return 2; else return 1;", []],
    ["if the test also has another reason", "if (m.fact || m.a) return 2;", []],
  ])("%s", async (_, body, words) => {
    expect(await bodyOf(body, words)).toBe(body);
  });
});

it("does not contain declarations that only such code uses, unless it contains the code", async () => {
  const run = "function run(m: Machine) { if (m.fact) return used(m.fact.count); return m.a; }";
  expect((await moduleWith(run)).names).toEqual(["Machine", "run"]);
  expect((await moduleWith(run, ["fact"])).names).toEqual(["Machine", "used", "run"]);
});

it("treats code inside such code like the code around it", async () => {
  const run = "function run(m: Machine) { if (m.fact) return m.act?.(used(1)) ?? 2; return 1; }";
  expect((await moduleWith(run, ["fact"])).text).toContain("if (m.fact) return 2;");
  expect((await moduleWith(run, ["fact"])).names).toEqual(["Machine", "run"]);
  expect((await moduleWith(run, ["fact", "act"])).names).toEqual(["Machine", "used", "run"]);
});
